<?php
/**
 * Orders over the REST API: made, read, refunded, by who may edit the shop. A small part of the real one's fields.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

function lab_rest_order_routes(): void {
	$may = fn () => current_user_can( 'manage_options' ) || current_user_can( 'edit_shop_orders' );
	register_rest_route(
		'wc/v3',
		'/orders',
		array(
			array( 'methods' => 'GET', 'callback' => fn () => array_map( 'lab_rest_order', wc_get_orders( array( 'limit' => 100 ) ) ), 'permission_callback' => $may ),
			array( 'methods' => 'POST', 'callback' => 'lab_rest_create_order', 'permission_callback' => $may ),
		)
	);
	register_rest_route(
		'wc/v3',
		'/orders/(?P<id>[\d]+)',
		array(
			array( 'methods' => 'GET', 'callback' => 'lab_rest_get_order', 'permission_callback' => $may ),
			array( 'methods' => array( 'PUT', 'POST' ), 'callback' => 'lab_rest_update_order', 'permission_callback' => $may ),
		)
	);
	register_rest_route( 'wc/v3', '/orders/(?P<id>[\d]+)/refunds', array( 'methods' => 'POST', 'callback' => 'lab_rest_refund', 'permission_callback' => $may ) );
}

function lab_rest_create_order( WP_REST_Request $request ) {
	if ( $request['id'] ) {
		return new WP_Error( 'woocommerce_rest_shop_order_exists', 'Cannot create existing shop_order.', array( 'status' => 400 ) );
	}
	try {
		$order = new WC_Order();
		lab_rest_fill( $order, $request );
		$order->set_created_via( $request['created_via'] ? (string) $request['created_via'] : 'rest-api' );
		foreach ( (array) $request['line_items'] as $line ) {
			$product = wc_get_product( absint( $line['product_id'] ?? 0 ) );
			if ( ! $product ) {
				return new WP_Error( 'woocommerce_rest_required_product_reference', 'Product ID or SKU is required.', array( 'status' => 400 ) );
			}
			$order->add_product( $product, max( 1, absint( $line['quantity'] ?? 1 ) ) );
		}
		$order = apply_filters( 'woocommerce_rest_pre_insert_shop_order_object', $order, $request, true );
		if ( is_wp_error( $order ) ) {
			return $order;
		}
		$order->calculate_totals();
		if ( $request['status'] ) {
			$order->set_status( (string) $request['status'] );
		}
		$order->save();
		if ( $request['set_paid'] ) {
			$order->payment_complete( (string) ( $request['transaction_id'] ?? '' ) );
		}
		do_action( 'woocommerce_rest_insert_shop_order_object', $order, $request, true );
	} catch ( Exception $e ) {
		return new WP_Error( 'woocommerce_rest_cannot_create', $e->getMessage(), array( 'status' => 400 ) );
	}
	return new WP_REST_Response( lab_rest_order( wc_get_order( $order->get_id() ) ), 201 );
}

function lab_rest_fill( WC_Order $order, WP_REST_Request $request ): void {
	foreach ( array( 'billing', 'shipping' ) as $type ) {
		if ( is_array( $request[ $type ] ) ) {
			$order->set_address( wc_clean( $request[ $type ] ), $type );
		}
	}
	foreach ( array( 'customer_id', 'customer_note', 'payment_method', 'payment_method_title', 'transaction_id', 'currency' ) as $prop ) {
		if ( null !== $request[ $prop ] ) {
			$order->{"set_$prop"}( wc_clean( $request[ $prop ] ) );
		}
	}
	foreach ( (array) $request['meta_data'] as $meta ) {
		$order->update_meta_data( $meta['key'], $meta['value'] );
	}
}

function lab_rest_get_order( WP_REST_Request $request ) {
	$order = wc_get_order( absint( $request['id'] ) );
	return $order ? lab_rest_order( $order ) : lab_rest_missing();
}

function lab_rest_update_order( WP_REST_Request $request ) {
	$order = wc_get_order( absint( $request['id'] ) );
	if ( ! $order ) {
		return lab_rest_missing();
	}
	lab_rest_fill( $order, $request );
	$order = apply_filters( 'woocommerce_rest_pre_insert_shop_order_object', $order, $request, false );
	if ( is_wp_error( $order ) ) {
		return $order;
	}
	if ( $request['status'] ) {
		$order->set_status( (string) $request['status'], '', true );
	}
	$order->save();
	do_action( 'woocommerce_rest_insert_shop_order_object', $order, $request, false );
	return lab_rest_order( $order );
}

function lab_rest_refund( WP_REST_Request $request ) {
	$refund = wc_create_refund( array( 'order_id' => absint( $request['id'] ), 'amount' => $request['amount'], 'reason' => $request['reason'] ) );
	return is_wp_error( $refund ) ? new WP_Error( 'woocommerce_rest_cannot_create_order_refund', $refund->get_error_message(), array( 'status' => 400 ) ) : new WP_REST_Response( array( 'id' => $refund->get_id(), 'amount' => $refund->get_amount(), 'reason' => $refund->get_reason() ), 201 );
}

function lab_rest_missing(): WP_Error {
	return new WP_Error( 'woocommerce_rest_shop_order_invalid_id', 'Invalid ID.', array( 'status' => 404 ) );
}

function lab_rest_order( WC_Order $order ): array {
	$lines = array();
	foreach ( $order->get_items() as $item ) {
		$lines[] = array( 'id' => $item->get_id(), 'name' => $item->get_name(), 'product_id' => $item->get_product_id(), 'quantity' => $item->get_quantity(), 'subtotal' => wc_format_decimal( $item->get_subtotal(), 2 ), 'total' => wc_format_decimal( $item->get_total(), 2 ) );
	}
	return array(
		'id'               => $order->get_id(),
		'number'           => $order->get_order_number(),
		'order_key'        => $order->get_order_key(),
		'created_via'      => $order->get_created_via(),
		'status'           => $order->get_status(),
		'currency'         => $order->get_currency(),
		'date_created_gmt' => lab_gmt( $order->get_date_created() ),
		'date_paid_gmt'    => lab_gmt( $order->get_date_paid() ),
		'total'            => wc_format_decimal( $order->get_total(), 2 ),
		'customer_id'      => (int) $order->get_customer_id(),
		'billing'          => (object) $order->get_address( 'billing' ),
		'shipping'         => (object) $order->get_address( 'shipping' ),
		'payment_method'   => $order->get_payment_method(),
		'transaction_id'   => $order->get_transaction_id(),
		'cart_hash'        => $order->get_cart_hash(),
		'line_items'       => $lines,
	);
}
