<?php
/**
 * Takes the goods of an order out of stock, exactly once.
 *
 * WooCommerce guards each line by its own meta data and the order by a flag; the stock itself is changed by a relative
 * update, so that orders which are placed meanwhile are not undone.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Stock, and the other books that WooCommerce keeps of an order that was taken. */
final class Farshore_Reconcile_Stock {

	/** What WooCommerce marks a line with whose goods were taken out. */
	const LINE = '_reduced_stock';
	/** What the must-use plugin marks it with in the very statement that took them out. */
	const TAKEN = '_farshore_stock_taken';

	/**
	 * Whether the order's flag says so.
	 *
	 * @param WC_Order $order Order.
	 */
	public static function reduced( WC_Order $order ): bool {
		$flag = Farshore_Reconcile_Property::get( $order, 'order_stock_reduced', null );
		if ( null !== $flag ) {
			return wc_string_to_bool( $flag );
		}
		$store = $order->get_data_store();
		return $store && is_callable( array( $store, 'get_stock_reduced' ) ) && wc_string_to_bool( $store->get_stock_reduced( $order->get_id() ) );
	}

	/**
	 * Takes out what was not taken out before.
	 *
	 * @param int $id Order's number.
	 */
	public static function reduce_once( int $id ): void {
		foreach ( wc_get_order( $id )->get_items() as $item ) {
			$taken = $item->get_meta( self::TAKEN, true );
			if ( is_numeric( $taken ) && (float) $taken > 0 && '' === (string) $item->get_meta( self::LINE, true ) ) {
				$item->add_meta_data( self::LINE, (string) $taken, true );
				$item->save();
			}
		}
		wc_maybe_reduce_stock_levels( $id );
	}

	/**
	 * Sales, coupons and downloads: each has a flag of its own, so that it is counted once.
	 *
	 * @param int $id Order's number.
	 */
	public static function books( int $id ): void {
		foreach ( array( 'wc_update_total_sales_counts', 'wc_update_coupon_usage_counts', 'wc_downloadable_product_permissions', 'wc_release_stock_for_order' ) as $keep ) {
			if ( function_exists( $keep ) ) {
				$keep( $id );
			}
		}
	}
}
