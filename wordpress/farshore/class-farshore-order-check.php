<?php
/**
 * Is an order in the database as the request believes?
 *
 * wpdb's errors are no exceptions: a checkout whose every write failed goes on to "success". So what the request
 * believes (the order object as it was last saved) is held against the rows, read again past every cache.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Looks at one order, and at the errors of the request. */
final class Farshore_Order_Check {

	/**
	 * The newest state of each order that this request saved.
	 *
	 * @var array<int, WC_Order>
	 */
	private array $saved = array();

	/**
	 * The newest status of each order whose status this request changed. Several objects of one order are about, and the
	 * one that is saved last may still have the status that it was loaded with.
	 *
	 * @var array<int, string>
	 */
	private array $statuses = array();

	/**
	 * The items that this request wrote, by order, with their kind.
	 *
	 * @var array<int, array<int, string>>
	 */
	private array $items = array();

	/** Begins to remember what is saved. */
	public function watch(): void {
		add_action( 'woocommerce_new_order_item', array( $this, 'remember_item' ), PHP_INT_MAX, 3 );
		add_action( 'woocommerce_before_delete_order_item', array( $this, 'forget_item' ), PHP_INT_MAX, 1 );
		add_action( 'woocommerce_remove_order_items', array( $this, 'forget_items' ), PHP_INT_MAX, 2 );
		add_action( 'woocommerce_after_order_object_save', array( $this, 'remember' ), PHP_INT_MAX );
		add_action( 'woocommerce_order_status_changed', array( $this, 'remember_status' ), PHP_INT_MIN, 3 );
	}

	/**
	 * Keeps a status that was saved.
	 *
	 * @param int    $id   The order's id.
	 * @param string $from The status before.
	 * @param string $to   The status now.
	 */
	public function remember_status( $id, $from, $to ): void {
		$this->statuses[ (int) $id ] = (string) $to;
	}

	/**
	 * Keeps the order that was saved last, under its id.
	 *
	 * @param mixed $order The order.
	 */
	public function remember( $order ): void {
		if ( $order instanceof WC_Order && $order->get_id() > 0 ) {
			$this->saved[ $order->get_id() ] = $order;
		}
	}

	/**
	 * An item was written.
	 *
	 * @param int    $item_id  The item's id.
	 * @param object $item     The item.
	 * @param int    $order_id The order's id.
	 */
	public function remember_item( $item_id, $item, $order_id ): void {
		$this->items[ (int) $order_id ][ (int) $item_id ] = is_object( $item ) && is_callable( array( $item, 'get_type' ) ) ? (string) $item->get_type() : '';
	}

	/**
	 * An item was taken away.
	 *
	 * @param int $item_id The item's id.
	 */
	public function forget_item( $item_id ): void {
		foreach ( array_keys( $this->items ) as $order_id ) {
			unset( $this->items[ $order_id ][ (int) $item_id ] );
		}
	}

	/**
	 * Items were taken away, all of them or those of one kind.
	 *
	 * @param WC_Order    $order The order.
	 * @param string|null $kind  Which.
	 */
	public function forget_items( $order, $kind = null ): void {
		$id                 = $order->get_id();
		$this->items[ $id ] = array_filter( $this->items[ $id ] ?? array(), static fn ( string $known ): bool => ! empty( $kind ) && $known !== $kind );
	}

	/**
	 * The order as this request believes it to be.
	 *
	 * @param int $id Its id.
	 * @return WC_Order|null
	 */
	public function believed( int $id ) {
		$order = $this->saved[ $id ] ?? wc_get_order( $id );
		return $order instanceof WC_Order ? $order : null;
	}

	/**
	 * The status that this request gave an order; null: none.
	 *
	 * @param int $id Its id.
	 */
	public function newest_status( int $id ): ?string {
		return $this->statuses[ $id ] ?? null;
	}

	/** A write of this request that failed, as the database said it; null: all went through. */
	public function failed_write(): ?string {
		foreach ( (array) ( $GLOBALS['EZSQL_ERROR'] ?? array() ) as $error ) {
			$sql  = (string) ( $error['query'] ?? '' );
			$said = (string) ( $error['error_str'] ?? '' );
			// A duplicate is the way in which some plugins ask whether a row is there.
			$harmless = '' === $sql || Farshore_Sql::reads( $sql ) || Farshore_Sql::is_noise( $sql ) || str_starts_with( $said, 'Duplicate entry' );
			/**
			 * A shop may know of a write of another plugin that always fails.
			 *
			 * @param bool   $harmless Whether a checkout may go on.
			 * @param string $sql      The statement.
			 * @param string $said     The error.
			 */
			if ( ! apply_filters( 'farshore_failed_write_is_harmless', $harmless, $sql, $said ) ) {
				return '' === $said ? 'unknown error' : $said;
			}
		}
		return null;
	}

	/**
	 * What is wrong with the order in the database; null: it is whole.
	 *
	 * @param int $id Its id.
	 */
	public function trouble( int $id ): ?string {
		$order = $this->believed( $id );
		if ( null === $order ) {
			return 'the order is not there';
		}
		$row = $this->row( $id );
		if ( null === $row ) {
			return 'its row is not there';
		}
		if ( ! hash_equals( (string) $order->get_order_key(), (string) $row->order_key ) ) {
			return 'its row is that of another order';
		}
		$status = preg_replace( '/^wc-/', '', (string) $row->status );
		$should = $this->statuses[ $id ] ?? $order->get_status();
		if ( $status !== $should || in_array( $status, array( 'checkout-draft', 'auto-draft' ), true ) ) {
			return "its status is `$status` and should be `$should`";
		}
		if ( abs( (float) $row->total - (float) $order->get_total( 'edit' ) ) > 0.000001 ) {
			return 'its total is another';
		}
		// An object reads its items when it is first asked for them, and would agree with any damage: what was written counts.
		$written = count( $this->items[ $id ] ?? array() );
		$items   = 0 < $written ? $written : count( $order->get_items( array( 'line_item', 'shipping', 'fee', 'tax', 'coupon' ) ) );
		return (int) $row->items === $items ? null : "it has $row->items items of $items";
	}

	/**
	 * Status, total, key and number of items as they are in the database now: one statement on the same connection.
	 *
	 * @param int $id The order's id.
	 */
	private function row( int $id ): ?object {
		global $wpdb;
		$these = implode( ',', array_keys( $this->items[ $id ] ?? array() ) );
		$which = '' === $these ? "i.order_item_type IN ('line_item','shipping','fee','tax','coupon')" : "i.order_item_id IN ($these)";
		$items = "(SELECT COUNT(*) FROM {$wpdb->prefix}woocommerce_order_items i WHERE i.order_id = o.%s AND $which) AS items";
		if ( 'yes' === get_option( 'woocommerce_custom_orders_table_enabled' ) ) {
			$sql = "SELECT o.status, o.total_amount AS total, d.order_key, " . sprintf( $items, 'id' )
				. " FROM {$wpdb->prefix}wc_orders o JOIN {$wpdb->prefix}wc_order_operational_data d ON d.order_id = o.id WHERE o.id = %d";
		} else {
			$sql = 'SELECT o.post_status AS status, t.meta_value AS total, k.meta_value AS order_key, ' . sprintf( $items, 'ID' )
				. " FROM {$wpdb->posts} o JOIN {$wpdb->postmeta} t ON t.post_id = o.ID AND t.meta_key = '_order_total'"
				. " JOIN {$wpdb->postmeta} k ON k.post_id = o.ID AND k.meta_key = '_order_key' WHERE o.ID = %d";
		}
		$row = $wpdb->get_row( $wpdb->prepare( $sql, $id ) ); // phpcs:ignore WordPress.DB
		return is_object( $row ) ? $row : null;
	}
}
