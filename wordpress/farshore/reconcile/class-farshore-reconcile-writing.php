<?php
/**
 * Restores, mends and completes orders. Each of the three looks first, and finds nothing to do the second time.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Changes one order; the caller holds the transaction. */
final class Farshore_Reconcile_Writing {

	/** Meta data: an order that waits for its owner, and why. */
	const HELD = '_farshore_held';
	/** Meta data: the number that the order had, when another one has it now. */
	const RECOVERED = '_farshore_recovered_from_id';

	const PROPS = array( 'currency', 'customer_id', 'customer_note', 'prices_include_tax', 'discount_total', 'discount_tax', 'shipping_total', 'cart_tax', 'shipping_tax', 'total', 'payment_method', 'payment_method_title', 'transaction_id', 'cart_hash', 'created_via', 'parent_id' );
	const TOTALS = array( 'currency', 'discount_total', 'discount_tax', 'shipping_total', 'cart_tax', 'shipping_tax', 'total', 'prices_include_tax' );
	const TAKEN  = array( 'on-hold', 'processing', 'completed', 'refunded' );

	/**
	 * Makes the whole order; its number.
	 *
	 * @param array $act What to do.
	 * @throws Farshore_Reconcile_Failure When it is not there afterwards.
	 */
	public static function restore( array $act ): int {
		$told  = (array) $act['order'];
		$wish  = (int) ( $told['id'] ?? $act['order_id'] ?? 0 );
		$order = new Farshore_Reconcile_Order();
		$order->set_order_key( (string) $act['order_key'] );
		self::facts( $order, $told );
		self::addresses( $order, $told );
		self::all_meta( $order, $told );
		$free = $wish > 0 && ! Farshore_Reconcile_Finding::taken( $wish );
		$left = $free && Farshore_Reconcile_Finding::has_lines( $wish );
		if ( ! $left ) {
			Farshore_Reconcile_Items::add( $order, (array) ( $told['items'] ?? array() ) );
		}
		if ( $wish > 0 && ! $free ) {
			$order->update_meta_data( self::RECOVERED, (string) $wish );
		}
		self::status( $order, $told, $act );
		$id = self::saved( $order, $free ? $wish : 0 );
		if ( $left ) { // Lines without an order: they are its own, and say what was taken out of stock.
			$order = new Farshore_Reconcile_Order( $id );
			Farshore_Reconcile_Items::mend( $order, (array) ( $told['items'] ?? array() ), true );
			$order->save();
		}
		self::after( $id, $told, $act );
		return $id;
	}

	/**
	 * Puts the named parts of an order right.
	 *
	 * @param int   $id  Order's number.
	 * @param array $act What to do.
	 */
	public static function mend( int $id, array $act ): void {
		$told  = (array) $act['order'];
		$order = new Farshore_Reconcile_Order( $id );
		$begun = ! in_array( $order->get_status( 'edit' ), self::TAKEN, true );
		$parts = (array) ( $act['parts'] ?? array() );
		if ( '' === (string) $order->get_order_key( 'edit' ) ) {
			$order->set_order_key( (string) $act['order_key'] );
		}
		if ( $begun ) {
			self::facts( $order, $told );
			self::all_meta( $order, $told );
		}
		if ( in_array( 'items', $parts, true ) ) {
			Farshore_Reconcile_Items::mend( $order, (array) ( $told['items'] ?? array() ), $begun );
		}
		if ( in_array( 'totals', $parts, true ) ) {
			self::props( $order, $told, self::TOTALS );
		}
		if ( in_array( 'addresses', $parts, true ) ) {
			self::addresses( $order, $told );
		}
		if ( in_array( 'paid date', $parts, true ) ) {
			self::props( $order, $told, array( 'transaction_id', 'payment_method', 'payment_method_title' ) );
			self::paid( $order, $told );
		}
		if ( $begun || in_array( 'status', $parts, true ) ) {
			self::status( $order, $told, $act );
		}
		$order->save();
		self::after( $id, $told, $act );
	}

	/**
	 * Completes the payment as the gateway would have, once.
	 *
	 * @param int   $id  Order's number.
	 * @param array $act What to do.
	 * @throws Farshore_Reconcile_Failure When WooCommerce does not take it as paid.
	 */
	public static function complete( int $id, array $act ): bool {
		$payment = (array) ( $act['payment'] ?? array() );
		$order   = new Farshore_Reconcile_Order( $id );
		if ( $order->is_paid() ) {
			return false;
		}
		if ( ! in_array( $order->get_status( 'edit' ), array( 'pending', 'failed', 'on-hold' ), true ) ) {
			$order->set_status( 'pending' );
		}
		if ( '' === (string) $order->get_order_key( 'edit' ) ) {
			$order->set_order_key( (string) $act['order_key'] );
		}
		$order->set_date_paid( self::moment( $payment['at_s'] ?? time() ) );
		$order->save();
		$order = wc_get_order( $id );
		$order->payment_complete( (string) ( $payment['id'] ?? '' ) );
		$order = wc_get_order( $id );
		if ( ! $order->is_paid() ) {
			throw new Farshore_Reconcile_Failure( "WooCommerce did not take order $id as paid; its status is " . $order->get_status() . '.' );
		}
		self::note( $id, (string) ( $act['note'] ?? '' ) );
		return true;
	}

	/**
	 * Saves a new order, under this number if it is given.
	 *
	 * The number is put into the row itself: WooCommerce takes no wish for it, and WordPress then counts on from there.
	 *
	 * @param WC_Order $order Order.
	 * @param int      $wish  Number; 0: the next one.
	 * @throws Farshore_Reconcile_Failure When the order is not there afterwards, or not under its number.
	 */
	private static function saved( WC_Order $order, int $wish ): int {
		global $wpdb;
		$put = static function ( $data ) use ( $wish, &$put ) {
			if ( in_array( $data['post_type'] ?? '', array( 'shop_order', 'shop_order_placehold' ), true ) ) {
				remove_filter( 'wp_insert_post_data', $put, PHP_INT_MAX );
				$data['ID'] = $wish;
			}
			return $data;
		};
		if ( $wish > 0 ) {
			// A place holder that never got its order is the trace of this very order.
			$wpdb->delete( $wpdb->posts, array( 'ID' => $wish, 'post_type' => 'shop_order_placehold' ) );
			add_filter( 'wp_insert_post_data', $put, PHP_INT_MAX );
		}
		try {
			$id = (int) $order->save();
		} finally {
			remove_filter( 'wp_insert_post_data', $put, PHP_INT_MAX );
		}
		$found = (int) wc_get_order_id_by_order_key( $order->get_order_key() );
		if ( $id <= 0 || $found !== $id || ( $wish > 0 && $id !== $wish ) ) {
			throw new Farshore_Reconcile_Failure( 'WooCommerce did not store the order; may this region write?' );
		}
		return $id;
	}

	/**
	 * Dates, money, who and whence.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 */
	private static function facts( WC_Order $order, array $told ): void {
		self::props( $order, $told, self::PROPS );
		self::props(
			$order,
			array(
				'customer_ip_address' => $told['customer_ip'] ?? '',
				'customer_user_agent' => $told['customer_agent'] ?? '',
			),
			array( 'customer_ip_address', 'customer_user_agent' )
		);
		if ( ! empty( $told['created_gmt'] ) ) {
			$order->set_date_created( self::moment( $told['created_gmt'] ) );
		}
		self::paid( $order, $told );
	}

	/**
	 * Properties by name, where they are journalled.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 * @param string[] $names Which.
	 */
	private static function props( WC_Order $order, array $told, array $names ): void {
		foreach ( $names as $name ) {
			if ( isset( $told[ $name ] ) && '' !== $told[ $name ] ) {
				Farshore_Reconcile_Property::set( $order, $name, $told[ $name ] );
			}
		}
	}

	/**
	 * When it was paid.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 */
	private static function paid( WC_Order $order, array $told ): void {
		if ( ! empty( $told['paid_gmt'] ) && null === $order->get_date_paid( 'edit' ) ) {
			$order->set_date_paid( self::moment( $told['paid_gmt'] ) );
		}
	}

	/**
	 * Both addresses; what the database has beyond them stays.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 */
	private static function addresses( WC_Order $order, array $told ): void {
		foreach ( array( 'billing', 'shipping' ) as $kind ) {
			$props = array();
			foreach ( (array) ( $told[ $kind ] ?? array() ) as $name => $text ) {
				$props[ "{$kind}_$name" ] = is_scalar( $text ) ? (string) $text : '';
			}
			self::props( $order, $props, array_keys( $props ) );
		}
	}

	/**
	 * Meta data that the order has not got.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 */
	private static function all_meta( WC_Order $order, array $told ): void {
		$known = array();
		foreach ( $order->get_meta_data() as $meta ) {
			$known[ $meta->key ] = true;
		}
		foreach ( (array) ( $told['meta'] ?? array() ) as $meta ) {
			$name = (string) ( $meta['key'] ?? '' );
			if ( '' !== $name && ! isset( $known[ $name ] ) && 0 !== strpos( $name, '_farshore_' ) && ! self::internal( $order, $name ) ) {
				$order->add_meta_data( $name, $meta['value'] ?? '' );
			}
		}
	}

	/**
	 * Whether WooCommerce keeps this as a property of the order, whatever the table.
	 *
	 * @param WC_Order $order Order.
	 * @param string   $name  Meta key.
	 */
	private static function internal( WC_Order $order, string $name ): bool {
		if ( in_array( $name, array( '_billing_address_index', '_shipping_address_index' ), true ) ) {
			return false; // WooCommerce renews what the office searches in only when it sees an address change.
		}
		$store = $order->get_data_store();
		$own   = is_object( $store ) && is_callable( array( $store, 'get_internal_meta_keys' ) ) ? (array) $store->get_internal_meta_keys() : array();
		return in_array( $name, $own, true ) || in_array( $name, array( '_order_key', '_order_stock_reduced', '_recorded_sales', '_recorded_coupon_usage_counts', '_download_permissions_granted', '_new_order_email_sent' ), true );
	}

	/**
	 * The status it had, or the one it is to wait in; silently.
	 *
	 * @param WC_Order $order Order.
	 * @param array    $told  As it was journalled.
	 * @param array    $act   What to do.
	 */
	private static function status( WC_Order $order, array $told, array $act ): void {
		$held   = (string) ( $act['status'] ?? '' );
		$status = '' !== $held ? $held : preg_replace( '/^wc-/', '', (string) ( $told['status'] ?? '' ) );
		$paid   = $order->get_date_paid( 'edit' );
		if ( '' !== $status ) {
			$order->set_status( $status );
		}
		// A change of status makes WooCommerce say "paid now"; it was paid when it was.
		$order->set_date_paid( $paid );
		if ( '' !== $held ) {
			$order->update_meta_data( self::HELD, (string) ( $act['note'] ?? $held ) );
		}
		if ( in_array( $status, self::TAKEN, true ) ) {
			Farshore_Reconcile_Property::set( $order, 'new_order_email_sent', true );
		}
	}

	/**
	 * What is counted once, the notes, and a word on what was done.
	 *
	 * @param int   $id   Order's number.
	 * @param array $told As it was journalled.
	 * @param array $act  What to do.
	 */
	private static function after( int $id, array $told, array $act ): void {
		$order = wc_get_order( $id );
		if ( in_array( $order->get_status(), self::TAKEN, true ) ) {
			if ( ! empty( $told['stock_reduced'] ) ) {
				Farshore_Reconcile_Stock::reduce_once( $id );
			}
			Farshore_Reconcile_Stock::books( $id );
		}
		Farshore_Reconcile_Refunds::add( $id, in_array( 'restore', (array) $act['do'], true ) ? (array) ( $told['refunds'] ?? array() ) : array() );
		foreach ( (array) ( $told['notes'] ?? array() ) as $note ) {
			$note = is_array( $note ) ? $note : array( 'content' => $note );
			self::note( $id, (string) ( $note['content'] ?? '' ), $note );
		}
		self::note( $id, (string) ( $act['note'] ?? '' ) );
	}

	/**
	 * A note that is not there yet. Written as a row: WooCommerce would tell the customer of it.
	 *
	 * @param int    $id   Order's number.
	 * @param string $text What it says.
	 * @param array  $note Of the journal: date and whether the customer may read it.
	 */
	private static function note( int $id, string $text, array $note = array() ): void {
		if ( '' === $text ) {
			return;
		}
		foreach ( wc_get_order_notes( array( 'order_id' => $id ) ) as $known ) {
			if ( trim( (string) $known->content ) === trim( $text ) ) {
				return;
			}
		}
		$at      = self::moment( $note['created_gmt'] ?? $note['date_gmt'] ?? time() );
		$comment = wp_insert_comment(
			array(
				'comment_post_ID'      => $id,
				'comment_author'       => (string) ( $note['added_by'] ?? 'farshore' ),
				'comment_author_email' => '',
				'comment_author_url'   => '',
				'comment_content'      => wp_slash( $text ),
				'comment_agent'        => 'WooCommerce',
				'comment_type'         => 'order_note',
				'comment_parent'       => 0,
				'comment_approved'     => 1,
				'comment_date'         => get_date_from_gmt( gmdate( 'Y-m-d H:i:s', $at ) ),
				'comment_date_gmt'     => gmdate( 'Y-m-d H:i:s', $at ),
			)
		);
		if ( $comment && ! empty( $note['for_customer'] ) ) {
			add_comment_meta( (int) $comment, 'is_customer_note', 1 );
		}
	}

	/**
	 * Seconds since 1970, of a number or of a time in UTC.
	 *
	 * @param mixed $value Either.
	 */
	public static function moment( $value ): int {
		if ( is_numeric( $value ) ) {
			return (int) $value;
		}
		$text = (string) $value;
		$at   = strtotime( preg_match( '/(Z|[+-]\d\d:?\d\d)$/', $text ) ? $text : $text . ' UTC' );
		return false === $at ? time() : $at;
	}
}
