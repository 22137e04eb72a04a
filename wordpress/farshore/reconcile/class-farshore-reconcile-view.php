<?php
/**
 * What the database holds of an order, in the shape in which the order journal has it.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Reads only. */
final class Farshore_Reconcile_View {

	const ADDRESS = array( 'first_name', 'last_name', 'company', 'address_1', 'address_2', 'city', 'state', 'postcode', 'country', 'email', 'phone' );
	const TYPES   = array( 'line_item', 'shipping', 'fee', 'tax', 'coupon' );

	/**
	 * The order as an array.
	 *
	 * @param WC_Order $order Order.
	 * @param string   $key   The key under which it was asked for: its own may not have been written.
	 * @return array<string, mixed>
	 */
	public static function of( WC_Order $order, string $key ): array {
		$view = array(
			'order_key'      => $key,
			'id'             => $order->get_id(),
			'status'         => (string) $order->get_status( 'edit' ),
			'currency'       => (string) $order->get_currency( 'edit' ),
			'created_gmt'    => self::moment( $order->get_date_created( 'edit' ) ),
			'paid_gmt'       => self::moment( $order->get_date_paid( 'edit' ) ),
			'payment_method' => (string) $order->get_payment_method( 'edit' ),
			'transaction_id' => (string) $order->get_transaction_id( 'edit' ),
			'billing'        => self::address( $order, 'billing' ),
			'shipping'       => self::address( $order, 'shipping' ),
			'items'          => self::items( $order ),
			'refunds'        => self::refunds( $order ),
			'meta'           => self::meta( $order ),
			'stock_reduced'  => Farshore_Reconcile_Stock::reduced( $order ),
		);
		foreach ( array( 'total', 'discount_total', 'shipping_total', 'cart_tax', 'shipping_tax' ) as $name ) {
			$view[ $name ] = (string) $order->{"get_$name"}( 'edit' );
		}
		return $view;
	}

	/**
	 * A moment in UTC, or null.
	 *
	 * @param mixed $date WC_DateTime or null.
	 */
	private static function moment( $date ): ?string {
		return $date instanceof DateTimeInterface ? gmdate( 'Y-m-d\TH:i:s\Z', $date->getTimestamp() ) : null;
	}

	/**
	 * One address, without what is empty.
	 *
	 * @param WC_Order $order Order.
	 * @param string   $kind  Either billing or shipping.
	 * @return array<string, string>
	 */
	private static function address( WC_Order $order, string $kind ): array {
		$found = array();
		foreach ( self::ADDRESS as $name ) {
			$text = (string) Farshore_Reconcile_Property::get( $order, "{$kind}_$name" );
			if ( '' !== $text ) {
				$found[ $name ] = $text;
			}
		}
		return $found;
	}

	/**
	 * Its lines of all types.
	 *
	 * @param WC_Order $order Order.
	 * @return array<int, array<string, mixed>>
	 */
	private static function items( WC_Order $order ): array {
		$found = array();
		foreach ( $order->get_items( self::TYPES ) as $item ) {
			$found[] = array(
				'id'           => $item->get_id(),
				'type'         => (string) $item->get_type(),
				'name'         => (string) $item->get_name( 'edit' ),
				'product_id'   => (int) Farshore_Reconcile_Property::get( $item, 'product_id', 0 ),
				'variation_id' => (int) Farshore_Reconcile_Property::get( $item, 'variation_id', 0 ),
				'quantity'     => (string) $item->get_quantity(),
				'total'        => Farshore_Reconcile_Items::total( $item ),
			);
		}
		return $found;
	}

	/**
	 * Its refunds.
	 *
	 * @param WC_Order $order Order.
	 * @return array<int, array<string, mixed>>
	 */
	private static function refunds( WC_Order $order ): array {
		$found = array();
		foreach ( $order->get_refunds() as $refund ) {
			$of      = (string) $refund->get_meta( Farshore_Reconcile_Refunds::OF, true );
			$found[] = array(
				'id'          => $refund->get_id(),
				'amount'      => (string) $refund->get_amount( 'edit' ),
				'created_gmt' => self::moment( $refund->get_date_created( 'edit' ) ),
				'meta'        => '' === $of ? array() : array( array( 'key' => Farshore_Reconcile_Refunds::OF, 'value' => $of ) ),
			);
		}
		return $found;
	}

	/**
	 * Only the meta data that tells payments apart, and our own: the rest is nobody's business here.
	 *
	 * @param WC_Order $order Order.
	 * @return array<int, array<string, string>>
	 */
	private static function meta( WC_Order $order ): array {
		$found = array();
		foreach ( array_merge( Farshore_Reconcile_Finding::PAYMENT_META, array( '_farshore_held', '_farshore_recovered_from_id' ) ) as $name ) {
			$value = $order->get_meta( $name, true, 'edit' );
			if ( is_scalar( $value ) && '' !== (string) $value ) {
				$found[] = array(
					'key'   => $name,
					'value' => (string) $value,
				);
			}
		}
		return $found;
	}
}
