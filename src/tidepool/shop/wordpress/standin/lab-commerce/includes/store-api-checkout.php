<?php
/**
 * The block checkout: a draft order first, then payment, and only then the answer. Hooks and their order are those of 11.0.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

use Automattic\WooCommerce\StoreApi\Exceptions\RouteException;
use Automattic\WooCommerce\StoreApi\Payments\PaymentContext;
use Automattic\WooCommerce\StoreApi\Payments\PaymentResult;

add_action( 'woocommerce_rest_checkout_process_payment_with_context', 'lab_api_ask_gateway', 999, 2 );

function lab_api_get_checkout( WP_REST_Request $request ): array {
	lab_api_need_cart();
	$order = lab_api_draft( $request );
	return lab_api_order( $order, new PaymentResult() );
}

function lab_api_checkout( WP_REST_Request $request ): array {
	lab_api_need_cart();
	lab_api_update_customer( $request );
	$order = lab_api_draft( $request );
	lab_api_describe( $order, $request );
	lab_api_validate( $order );
	try {
		wc_reserve_stock_for_order( $order, 10 );
	} catch ( Lab_Stock_Exception $e ) {
		throw new RouteException( 'woocommerce_product_not_enough_stock', $e->getMessage(), $e->getCode() );
	}
	if ( $order->has_status( 'checkout-draft' ) ) {
		$order->update_status( 'pending' );
	}
	do_action( 'woocommerce_store_api_checkout_order_processed', $order );
	$result = lab_api_take_payment( $order, $request );
	return lab_api_order( wc_get_order( $order->get_id() ), $result );
}

/** An order that exists already is paid. */
function lab_api_pay_order( WP_REST_Request $request ): array {
	$order = wc_get_order( absint( $request['id'] ) );
	if ( ! $order || ! $order->key_is_valid( (string) $request['key'] ) || ! $order->needs_payment() ) {
		throw new RouteException( 'woocommerce_rest_invalid_order', 'This order cannot be paid.', 400 );
	}
	lab_api_describe( $order, $request );
	do_action( 'woocommerce_store_api_checkout_order_processed', $order );
	$result = lab_api_take_payment( $order, $request );
	return lab_api_order( wc_get_order( $order->get_id() ), $result );
}

function lab_api_need_cart(): void {
	if ( WC()->cart->is_empty() ) {
		throw new RouteException( 'woocommerce_rest_cart_empty', 'Cannot place an order, your cart is empty.', 409 );
	}
}

function lab_api_update_customer( WP_REST_Request $request ): void {
	$billing = lab_api_address( $request, 'billing_address' );
	WC()->customer->set_address( 'billing', $billing );
	WC()->customer->set_address( 'shipping', $request['shipping_address'] ? lab_api_address( $request, 'shipping_address' ) : array_diff_key( $billing, array( 'email' => 1 ) ) );
	do_action( 'woocommerce_store_api_checkout_update_customer_from_request', WC()->customer, $request );
	WC()->customer->save();
}

function lab_api_address( WP_REST_Request $request, string $name ): array {
	return array_intersect_key( wc_clean( (array) ( $request[ $name ] ?? array() ) ), array_flip( WC_Order::ADDRESS ) );
}

/** The visitor's draft, made or brought up to date from the cart. */
function lab_api_draft( WP_REST_Request $request ): WC_Order {
	$begun = absint( WC()->session->get( 'store_api_draft_order', 0 ) );
	$order = $begun ? wc_get_order( $begun ) : false;
	$known = $order && 'store-api' === $order->get_created_via() && ( $order->has_status( 'checkout-draft' ) || ( $order->has_status( array( 'pending', 'failed' ) ) && $order->has_cart_hash( WC()->cart->get_cart_hash() ) ) );
	$draft = fn () => 'checkout-draft';
	add_filter( 'woocommerce_default_order_status', $draft );
	if ( $known ) {
		$order->remove_order_items();
	} else {
		$order = new WC_Order();
		$order->set_status( 'checkout-draft' );
	}
	lab_describe_order( $order, 'store-api', WC()->cart->get_cart_hash() );
	$billing = WC()->customer->get_address( 'billing' );
	$order->set_address( $billing, 'billing' );
	$order->set_address( WC()->customer->get_address( 'shipping' ), 'shipping' );
	WC()->cart->fill( $order );
	$order->save();
	remove_filter( 'woocommerce_default_order_status', $draft );
	if ( ! $known ) {
		do_action( 'woocommerce_store_api_checkout_order_created', $order );
	}
	do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
	WC()->session->set( 'store_api_draft_order', $order->get_id() );
	return $order;
}

function lab_api_describe( WC_Order $order, WP_REST_Request $request ): void {
	$gateways = WC()->payment_gateways()->get_available_payment_gateways();
	$method   = (string) ( $request['payment_method'] ?? '' );
	if ( $order->needs_payment() && ! isset( $gateways[ $method ] ) ) {
		throw new RouteException( 'woocommerce_rest_checkout_payment_method_disabled', 'This payment gateway is not available.', 400 );
	}
	$order->set_customer_note( sanitize_textarea_field( (string) ( $request['customer_note'] ?? '' ) ) );
	$order->set_payment_method( $gateways[ $method ] ?? '' );
	do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
	$order->save();
}

function lab_api_validate( WC_Order $order ): void {
	if ( ! is_email( $order->get_billing_email() ) ) {
		throw new RouteException( 'woocommerce_rest_invalid_email_address', 'The provided email address is not valid - please provide a valid email address.', 400 );
	}
	foreach ( array( 'first_name', 'address_1', 'city', 'country' ) as $field ) {
		if ( '' === $order->{"get_billing_$field"}() ) {
			throw new RouteException( 'woocommerce_rest_invalid_address', "There was a problem with the provided billing address: $field is required.", 400 );
		}
	}
}

function lab_api_take_payment( WC_Order $order, WP_REST_Request $request ): PaymentResult {
	$result = new PaymentResult();
	if ( ! $order->needs_payment() ) {
		$order->payment_complete();
		$result->set_status( 'success' );
		$result->set_redirect_url( $order->get_checkout_order_received_url() );
		wc_empty_cart();
		return $result;
	}
	$context                 = new PaymentContext();
	$context->payment_method = $order->get_payment_method();
	$context->order          = $order;
	foreach ( (array) ( $request['payment_data'] ?? array() ) as $pair ) {
		$context->payment_data[ sanitize_key( $pair['key'] ?? '' ) ] = wc_clean( $pair['value'] ?? '' );
	}
	try {
		do_action_ref_array( 'woocommerce_rest_checkout_process_payment_with_context', array( $context, &$result ) );
	} catch ( RouteException $e ) {
		throw $e;
	} catch ( Exception $e ) {
		throw new RouteException( 'woocommerce_rest_checkout_process_payment_error', $e->getMessage(), 402 );
	}
	// What others add when the money has moved: two more saves, and only then the answer.
	$paid = wc_get_order( $order->get_id() );
	if ( $paid ) {
		$paid->save();
		$paid->update_meta_data( '_wc_order_attribution_source_type', 'typein' );
		$paid->save();
	}
	return $result;
}

/** Gateways that know nothing of blocks are asked as the classic checkout asks them. */
function lab_api_ask_gateway( PaymentContext $context, PaymentResult &$result ): void {
	if ( $result->status ) {
		return;
	}
	$gateways = WC()->payment_gateways()->get_available_payment_gateways();
	$gateway  = $gateways[ $context->payment_method ] ?? null;
	if ( ! $gateway ) {
		return;
	}
	$_POST   = $context->payment_data;
	$outcome = $gateway->process_payment( $context->order->get_id() );
	$success = 'success' === ( $outcome['result'] ?? '' );
	$result->set_status( $success ? 'success' : 'failure' );
	$result->set_payment_details( array_diff_key( (array) $outcome, array( 'redirect' => 1 ) ) );
	$result->set_redirect_url( (string) ( $outcome['redirect'] ?? '' ) );
}

function lab_api_order( WC_Order $order, PaymentResult $result ): array {
	$details = array();
	foreach ( $result->payment_details as $key => $value ) {
		$details[] = array( 'key' => $key, 'value' => $value );
	}
	return array(
		'order_id'         => $order->get_id(),
		'status'           => $order->get_status(),
		'order_key'        => $order->get_order_key(),
		'order_number'     => $order->get_order_number(),
		'customer_note'    => $order->get_customer_note(),
		'customer_id'      => $order->get_customer_id(),
		'billing_address'  => (object) $order->get_address( 'billing' ),
		'shipping_address' => (object) $order->get_address( 'shipping' ),
		'payment_method'   => $order->get_payment_method(),
		'payment_result'   => array( 'payment_status' => $result->status, 'payment_details' => $details, 'redirect_url' => $result->redirect_url ),
	);
}
