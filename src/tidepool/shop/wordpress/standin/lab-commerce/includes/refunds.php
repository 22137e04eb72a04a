<?php
/**
 * Refunds: orders of their own, with the order that they give back as their parent.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** A refund's own facts are meta in both places. */
function lab_load_refund( WC_Order_Refund $refund ): void {
	$props = array();
	foreach ( array( 'amount' => '_refund_amount', 'reason' => '_refund_reason', 'refunded_by' => '_refunded_by', 'refunded_payment' => '_refunded_payment' ) as $prop => $key ) {
		$props[ $prop ] = $refund->get_meta( $key );
	}
	$refund->load_props( $props );
}

/** Money back. `line_items`: item id => quantity and amount. */
function wc_create_refund( $args = array() ) {
	$args = wp_parse_args( $args, array( 'amount' => 0, 'reason' => null, 'order_id' => 0, 'refund_id' => 0, 'line_items' => array(), 'refund_payment' => false, 'restock_items' => false ) );
	try {
		$order = wc_get_order( $args['order_id'] );
		if ( ! $order ) {
			throw new Exception( 'Invalid order ID.' );
		}
		$remaining = (float) $order->get_remaining_refund_amount();
		if ( (float) $args['amount'] <= 0 || (float) $args['amount'] > $remaining + 0.001 ) {
			throw new Exception( 'Invalid refund amount.' );
		}
		$refund = new WC_Order_Refund( $args['refund_id'] );
		$refund->set_props( array( 'amount' => $args['amount'], 'parent_id' => $order->get_id(), 'refunded_by' => get_current_user_id(), 'reason' => (string) $args['reason'], 'currency' => $order->get_currency() ) );
		foreach ( array( '_refund_amount' => $args['amount'], '_refund_reason' => (string) $args['reason'], '_refunded_by' => get_current_user_id(), '_refunded_payment' => '' ) as $key => $value ) {
			$refund->update_meta_data( $key, $value );
		}
		lab_refund_lines( $order, $refund, $args['line_items'] );
		$refund->set_total( -1 * (float) $args['amount'] );
		do_action( 'woocommerce_create_refund', $refund, $args );
		if ( ! $refund->save() ) {
			throw new Exception( 'Refund failed.' );
		}
		if ( $remaining - (float) $args['amount'] > 0.001 ) {
			do_action( 'woocommerce_order_partially_refunded', $order->get_id(), $refund->get_id() );
		} else {
			do_action( 'woocommerce_order_fully_refunded', $order->get_id(), $refund->get_id() );
			$order->update_status( apply_filters( 'woocommerce_order_fully_refunded_status', 'refunded', $order->get_id(), $refund->get_id() ) );
		}
		do_action( 'woocommerce_refund_created', $refund->get_id(), $args );
		do_action( 'woocommerce_order_refunded', $order->get_id(), $refund->get_id() );
		return $refund;
	} catch ( Exception $e ) {
		return new WP_Error( 'error', $e->getMessage() );
	}
}

function lab_refund_lines( WC_Order $order, WC_Order_Refund $refund, array $lines ): void {
	foreach ( $lines as $item_id => $wanted ) {
		$item = $order->get_item( $item_id );
		if ( $item instanceof WC_Order_Item_Product ) {
			$line = new WC_Order_Item_Product();
			$line->set_props( array( 'name' => $item->get_name(), 'product_id' => $item->get_product_id(), 'quantity' => -1 * (int) ( $wanted['qty'] ?? 0 ), 'subtotal' => -1 * (float) ( $wanted['refund_total'] ?? 0 ), 'total' => -1 * (float) ( $wanted['refund_total'] ?? 0 ) ) );
			$line->add_meta_data( '_refunded_item_id', $item_id, true );
			$refund->add_item( $line );
		}
	}
}
