<?php
/**
 * Says in one and the same statement that goods were taken out of stock, and for which line of which order.
 *
 * WooCommerce takes them out and marks the line some ten statements later. A region that dies in between leaves a stock
 * of which nobody can tell whether it was reduced; in a quarter of all places at which a checkout can be cut off it is
 * so. With this mark, reconciliation can tell. It costs a line one more row; only where orders are journalled.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Watches WooCommerce take the goods of an order out of stock. */
final class Farshore_Stock_Mark {

	/** Meta data of a line: how many were taken out. */
	const TAKEN = '_farshore_stock_taken';

	/**
	 * Row of the mark that waits for its statement; 0: none.
	 *
	 * @var int
	 */
	private int $row = 0;

	/**
	 * How many will be taken out.
	 *
	 * @var float
	 */
	private float $quantity = 0.0;

	/**
	 * Whether lines that are asked for their quantity are about to be taken out of stock.
	 *
	 * @var bool
	 */
	private bool $reducing = false;

	/** From here on. */
	public function watch(): void {
		add_filter( 'woocommerce_can_reduce_order_stock', array( $this, 'begins' ), PHP_INT_MAX );
		add_filter( 'woocommerce_order_item_quantity', array( $this, 'line' ), PHP_INT_MAX, 3 );
		add_filter( 'woocommerce_update_product_stock_query', array( $this, 'statement' ), PHP_INT_MAX, 4 );
		add_action( 'woocommerce_reduce_order_stock', array( $this, 'ends' ) );
		add_filter( 'woocommerce_hidden_order_itemmeta', array( $this, 'hidden' ) );
	}

	/**
	 * An order's goods are taken out.
	 *
	 * @param mixed $may Whether they may be.
	 * @return mixed
	 */
	public function begins( $may ) {
		$this->reducing = (bool) $may;
		$this->row      = 0;
		return $may;
	}

	/** All were. */
	public function ends(): void {
		$this->reducing = false;
		$this->row      = 0;
	}

	/**
	 * The next statement is for this line. Its mark says 0 until then.
	 *
	 * @param mixed $quantity How many.
	 * @param mixed $order    Order.
	 * @param mixed $item     Line.
	 * @return mixed
	 */
	public function line( $quantity, $order = null, $item = null ) {
		$this->row = 0;
		if ( $this->reducing && is_object( $item ) && is_numeric( $quantity ) && (int) $item->get_id() > 0 ) {
			$this->quantity = (float) $quantity;
			$this->row      = (int) add_metadata( 'order_item', (int) $item->get_id(), self::TAKEN, '0', true );
		}
		return $quantity;
	}

	/**
	 * Lets the statement that takes them out set the mark too. One of another shape is left as it is, and unmarked.
	 *
	 * @param mixed $sql       Statement.
	 * @param mixed $product   Product.
	 * @param mixed $stock     New stock.
	 * @param mixed $operation What is done.
	 * @return mixed
	 */
	public function statement( $sql, $product = 0, $stock = 0, $operation = '' ) {
		global $wpdb;
		$row       = $this->row;
		$this->row = 0;
		$shape     = '/^\s*UPDATE\s+' . preg_quote( $wpdb->postmeta, '/' ) . "\s+SET\s+meta_value\s*=\s*meta_value\s*(-\s*[0-9.]+)\s+WHERE\s+post_id\s*=\s*([0-9]+)\s+AND\s+meta_key\s*=\s*'_stock'\s*$/";
		if ( 0 === $row || 'decrease' !== $operation || ! is_string( $sql ) || 1 !== preg_match( $shape, $sql, $found ) ) {
			return $sql;
		}
		return $wpdb->prepare(
			"UPDATE {$wpdb->postmeta} AS stock JOIN {$wpdb->order_itemmeta} AS mark ON mark.meta_id = %d " // phpcs:ignore WordPress.DB.PreparedSQL
			. "SET stock.meta_value = stock.meta_value {$found[1]}, mark.meta_value = %s " // phpcs:ignore WordPress.DB.PreparedSQL
			. "WHERE stock.post_id = %d AND stock.meta_key = '_stock'",
			$row,
			(string) $this->quantity,
			(int) $found[2]
		);
	}

	/**
	 * Not for the office's eyes.
	 *
	 * @param mixed $keys Hidden ones.
	 * @return mixed
	 */
	public function hidden( $keys ) {
		return is_array( $keys ) ? array_merge( $keys, array( self::TAKEN ) ) : $keys;
	}
}
