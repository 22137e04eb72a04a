<?php
/**
 * Finds orders by their key, which is theirs alone; a number may have been given twice.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Reads only. */
final class Farshore_Reconcile_Finding {

	/** Meta data in which gateways keep what their provider calls a payment. */
	const PAYMENT_META = array( '_transaction_id', '_stripe_intent_id', '_intent_id', '_charge_id', '_ppcp_paypal_order_id', '_paypal_order_id' );

	/** Whether orders are in tables of their own. */
	public static function own_tables(): bool {
		$util = 'Automattic\WooCommerce\Utilities\OrderUtil';
		if ( class_exists( $util ) && is_callable( array( $util, 'custom_orders_table_usage_is_enabled' ) ) ) {
			return (bool) $util::custom_orders_table_usage_is_enabled();
		}
		return 'yes' === get_option( 'woocommerce_custom_orders_table_enabled' );
	}

	/**
	 * The number of the order with this key; 0 when there is none.
	 *
	 * A region may have died after it wrote the order's row and before its key. Such a row has the order's number and no
	 * key at all, and is the order's own.
	 *
	 * @param string $key Order key.
	 * @param int    $id  The number it had; 0 when that is not known.
	 */
	public static function id( string $key, int $id ): int {
		$found = (int) wc_get_order_id_by_order_key( $key );
		if ( $found > 0 ) {
			return $found;
		}
		$order = $id > 0 ? wc_get_order( $id ) : false;
		if ( ! $order instanceof WC_Order || '' !== (string) $order->get_order_key() ) {
			return 0;
		}
		$post = self::own_tables() ? null : get_post( $id );
		return null === $post || in_array( $post->post_password, array( '', $key ), true ) ? $id : 0;
	}

	/**
	 * Whether something else has this number.
	 *
	 * @param int $id Number.
	 */
	public static function taken( int $id ): bool {
		global $wpdb;
		$post = (string) $wpdb->get_var( $wpdb->prepare( "SELECT post_type FROM {$wpdb->posts} WHERE ID = %d", $id ) );
		if ( '' !== $post && ! ( 'shop_order_placehold' === $post && self::own_tables() ) ) {
			return true;
		}
		return self::own_tables()
			&& null !== $wpdb->get_var( $wpdb->prepare( "SELECT id FROM {$wpdb->prefix}wc_orders WHERE id = %d", $id ) );
	}

	/**
	 * Whether there are lines of an order with this number.
	 *
	 * @param int $id Number.
	 */
	public static function has_lines( int $id ): bool {
		global $wpdb;
		return null !== $wpdb->get_var( $wpdb->prepare( "SELECT order_item_id FROM {$wpdb->prefix}woocommerce_order_items WHERE order_id = %d LIMIT 1", $id ) );
	}

	/**
	 * Keys of the orders that name these payments, by the payment's name.
	 *
	 * @param array<int, array<string, mixed>> $payments Each with `id` and `also`.
	 * @return array<string, string>
	 */
	public static function keys_of_payments( array $payments ): array {
		$keys = array();
		foreach ( $payments as $payment ) {
			$names = array_map( 'strval', array_merge( array( $payment['id'] ?? '' ), (array) ( $payment['also'] ?? array() ) ) );
			$order = self::naming( array_values( array_filter( $names, 'strlen' ) ) );
			if ( $order instanceof WC_Order && '' !== (string) $order->get_order_key() ) {
				$keys[ $names[0] ] = (string) $order->get_order_key();
			}
		}
		return $keys;
	}

	/**
	 * The order that names one of these.
	 *
	 * @param string[] $names What a provider calls one payment.
	 * @return WC_Order|false
	 */
	private static function naming( array $names ) {
		global $wpdb;
		if ( array() === $names ) {
			return false;
		}
		$texts = implode( ',', array_fill( 0, count( $names ), '%s' ) );
		$metas = implode( ',', array_fill( 0, count( self::PAYMENT_META ), '%s' ) );
		// phpcs:disable WordPress.DB.PreparedSQL, WordPress.DB.PreparedSQLPlaceholders -- only %s is put in.
		$id = null;
		if ( self::own_tables() ) {
			$id = $wpdb->get_var( $wpdb->prepare( "SELECT id FROM {$wpdb->prefix}wc_orders WHERE transaction_id IN ($texts) ORDER BY id LIMIT 1", $names ) );
		}
		if ( null === $id ) {
			list( $table, $column ) = self::own_tables() ? array( "{$wpdb->prefix}wc_orders_meta", 'order_id' ) : array( $wpdb->postmeta, 'post_id' );
			$id                     = $wpdb->get_var( $wpdb->prepare( "SELECT $column FROM $table WHERE meta_key IN ($metas) AND meta_value IN ($texts) ORDER BY $column LIMIT 1", array_merge( self::PAYMENT_META, $names ) ) );
		}
		// phpcs:enable
		return null === $id ? false : wc_get_order( (int) $id );
	}
}
