<?php
/**
 * A whole order as an array: what is needed to make it again, with its own id, key and dates.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Reads one WC_Order by its getters; works with orders in posts and in their own tables. */
final class Farshore_Order_Entry {

	const ADDRESS = array( 'first_name', 'last_name', 'company', 'address_1', 'address_2', 'city', 'state', 'postcode', 'country', 'email', 'phone' );
	const ITEMS   = array( 'line_item', 'shipping', 'fee', 'tax', 'coupon' );

	/** Getters with one plain value: name in the entry => getter. */
	const PLAIN = array(
		'order_key'            => 'get_order_key',
		'id'                   => 'get_id',
		'parent_id'            => 'get_parent_id',
		'status'               => 'get_status',
		'currency'             => 'get_currency',
		'customer_id'          => 'get_customer_id',
		'customer_ip'          => 'get_customer_ip_address',
		'customer_agent'       => 'get_customer_user_agent',
		'created_via'          => 'get_created_via',
		'cart_hash'            => 'get_cart_hash',
		'payment_method'       => 'get_payment_method',
		'payment_method_title' => 'get_payment_method_title',
		'transaction_id'       => 'get_transaction_id',
		'customer_note'        => 'get_customer_note',
		'prices_include_tax'   => 'get_prices_include_tax',
		'discount_total'       => 'get_discount_total',
		'discount_tax'         => 'get_discount_tax',
		'shipping_total'       => 'get_shipping_total',
		'cart_tax'             => 'get_cart_tax',
		'shipping_tax'         => 'get_shipping_tax',
		'total'                => 'get_total',
		'total_tax'            => 'get_total_tax',
	);

	/** The same of an item: not every kind of item has each of them. */
	const ITEM = array(
		'name'         => 'get_name',
		'product_id'   => 'get_product_id',
		'variation_id' => 'get_variation_id',
		'quantity'     => 'get_quantity',
		'subtotal'     => 'get_subtotal',
		'total'        => 'get_total',
		'subtotal_tax' => 'get_subtotal_tax',
		'total_tax'    => 'get_total_tax',
		'taxes'        => 'get_taxes',
		'method_title' => 'get_method_title',
		'method_id'    => 'get_method_id',
		'instance_id'  => 'get_instance_id',
		'code'         => 'get_code',
		'discount'     => 'get_discount',
		'discount_tax' => 'get_discount_tax',
		'rate_id'      => 'get_rate_id',
		'rate_code'    => 'get_rate_code',
		'label'        => 'get_label',
		'compound'     => 'get_compound',
		'tax_total'    => 'get_tax_total',
		'tax_class'    => 'get_tax_class',
		'tax_status'   => 'get_tax_status',

		'shipping_tax_total' => 'get_shipping_tax_total',
	);

	/**
	 * The order.
	 *
	 * @param WC_Order    $order  The order.
	 * @param string|null $status Its newest status, where this object may be older.
	 * @return array<string, mixed>
	 */
	public static function of( $order, ?string $status = null ): array {
		$entry = self::plain( $order, self::PLAIN );

		$entry['type']          = self::ask( $order, 'get_type' ) ?? 'shop_order';
		$entry['status']        = $status ?? $entry['status'] ?? '';
		$entry['created_gmt']   = self::moment( $order, 'get_date_created' );
		$entry['paid_gmt']      = self::moment( $order, 'get_date_paid' );
		$entry['billing']       = self::address( $order, 'billing' );
		$entry['shipping']      = self::address( $order, 'shipping' );
		$entry['items']         = self::items( $order );
		$entry['meta']          = self::meta( $order );
		$entry['notes']         = self::notes( $order->get_id() );
		$entry['refunds']       = self::refunds( $order );
		$entry['stock_reduced'] = self::stock_reduced( $order );
		return $entry;
	}

	/**
	 * Plain values.
	 *
	 * @param object                $from    Order or item.
	 * @param array<string, string> $getters Name => getter.
	 * @return array<string, mixed>
	 */
	private static function plain( object $from, array $getters ): array {
		$values = array();
		foreach ( $getters as $name => $getter ) {
			$value = self::ask( $from, $getter );
			if ( null !== $value ) {
				$values[ $name ] = $value;
			}
		}
		return $values;
	}

	/**
	 * What a getter says; null where there is none: not every release, nor every kind of item, has each of them.
	 *
	 * @param object $of     Order or item.
	 * @param string $getter Its name.
	 * @return mixed
	 */
	private static function ask( object $of, string $getter ) {
		try {
			return $of->$getter( 'edit' );
		} catch ( Error $absent ) {
			return null;
		}
	}

	/**
	 * A moment in UTC, or null.
	 *
	 * @param object $order  The order.
	 * @param string $getter Which.
	 */
	private static function moment( object $order, string $getter ): ?string {
		$at = self::ask( $order, $getter );
		if ( $at instanceof DateTimeInterface ) {
			return gmdate( 'Y-m-d H:i:s', $at->getTimestamp() );
		}
		return is_string( $at ) && '' !== $at ? $at : null;
	}

	/**
	 * One of both addresses.
	 *
	 * @param object $order The order.
	 * @param string $which Either billing or shipping.
	 * @return array<string, string>
	 */
	private static function address( object $order, string $which ): array {
		$address = array();
		foreach ( self::ADDRESS as $field ) {
			$value = self::ask( $order, "get_{$which}_{$field}" );
			if ( null !== $value ) {
				$address[ $field ] = (string) $value;
			}
		}
		return $address;
	}

	/**
	 * Lines, shipping, fees, taxes, coupons.
	 *
	 * @param object $order The order.
	 * @return list<array<string, mixed>>
	 */
	private static function items( object $order ): array {
		$items = array();
		foreach ( $order->get_items( self::ITEMS ) as $item ) {
			$items[] = array(
				'id'   => $item->get_id(),
				'type' => $item->get_type(),
				'meta' => self::meta( $item ),
			) + self::plain( $item, self::ITEM );
		}
		return $items;
	}

	/**
	 * Further values, as pairs.
	 *
	 * @param object $of Order or item.
	 * @return list<array{key: string, value: mixed}>
	 */
	private static function meta( object $of ): array {
		$pairs = array();
		foreach ( method_exists( $of, 'get_meta_data' ) ? $of->get_meta_data() : array() as $meta ) {
			$data    = is_object( $meta ) && method_exists( $meta, 'get_data' ) ? $meta->get_data() : (array) $meta;
			$pairs[] = array(
				'key'   => (string) ( $data['key'] ?? '' ),
				'value' => $data['value'] ?? null,
			);
		}
		return $pairs;
	}

	/**
	 * Notes, the oldest first.
	 *
	 * @param int $id The order's id.
	 * @return list<array<string, mixed>>
	 */
	private static function notes( int $id ): array {
		$notes = array();
		$found = function_exists( 'wc_get_order_notes' ) ? wc_get_order_notes( array( 'order_id' => $id ) ) : array();
		foreach ( array_reverse( $found ) as $note ) {
			$at      = $note->date_created ?? null;
			$notes[] = array(
				'content'      => (string) ( $note->content ?? '' ),
				'for_customer' => (bool) ( $note->customer_note ?? false ),
				'added_by'     => (string) ( $note->added_by ?? '' ),
				'created_gmt'  => $at instanceof DateTimeInterface ? gmdate( 'Y-m-d H:i:s', $at->getTimestamp() ) : null,
			);
		}
		return $notes;
	}

	/**
	 * What was given back.
	 *
	 * @param object $order The order.
	 * @return list<array<string, mixed>>
	 */
	private static function refunds( object $order ): array {
		$refunds = array();
		foreach ( method_exists( $order, 'get_refunds' ) ? $order->get_refunds() : array() as $refund ) {
			$refunds[] = array(
				'id'          => $refund->get_id(),
				'amount'      => $refund->get_amount( 'edit' ),
				'reason'      => $refund->get_reason( 'edit' ),
				'created_gmt' => self::moment( $refund, 'get_date_created' ),
				'items'       => self::items( $refund ),
				'meta'        => self::meta( $refund ),
			);
		}
		return $refunds;
	}

	/**
	 * Whether its stock was taken. The getter is the order's own in newer versions, the data store's in older ones.
	 *
	 * @param object $order The order.
	 */
	private static function stock_reduced( object $order ): bool {
		$own = self::ask( $order, 'get_order_stock_reduced' );
		if ( null !== $own ) {
			return (bool) $own;
		}
		$store = self::ask( $order, 'get_data_store' );
		return is_object( $store ) && is_callable( array( $store, 'get_stock_reduced' ) ) && $store->get_stock_reduced( $order->get_id() );
	}
}
