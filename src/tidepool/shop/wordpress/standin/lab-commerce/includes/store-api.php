<?php
/**
 * The Store API's cart: what the block checkout talks to.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

use Automattic\WooCommerce\StoreApi\Exceptions\RouteException;

function lab_store_api_routes(): void {
	$routes = array(
		'/products'                   => array( 'GET' => 'lab_api_products' ),
		'/cart'                       => array( 'GET' => 'lab_api_cart' ),
		'/cart/add-item'              => array( 'POST' => 'lab_api_add_item' ),
		'/cart/update-item'           => array( 'POST' => 'lab_api_update_item' ),
		'/cart/remove-item'           => array( 'POST' => 'lab_api_remove_item' ),
		'/checkout'                   => array( 'GET' => 'lab_api_get_checkout', 'POST' => 'lab_api_checkout' ),
		'/checkout/(?P<id>[\d]+)'     => array( 'POST' => 'lab_api_pay_order' ),
	);
	foreach ( array( 'wc/store/v1', 'wc/store' ) as $namespace ) {
		foreach ( $routes as $route => $methods ) {
			$endpoints = array();
			foreach ( $methods as $method => $callback ) {
				$endpoints[] = array( 'methods' => $method, 'callback' => fn ( $request ) => lab_api_answer( $request, $callback ), 'permission_callback' => '__return_true' );
			}
			register_rest_route( $namespace, $route, $endpoints );
		}
	}
}

/** Errors become answers, and every answer carries the next nonce. */
function lab_api_answer( WP_REST_Request $request, callable $callback ): WP_REST_Response {
	try {
		if ( 'GET' !== $request->get_method() ) {
			lab_api_check_nonce( $request );
		}
		$response = rest_ensure_response( $callback( $request ) );
	} catch ( RouteException $e ) {
		$response = lab_api_error( $e->getErrorCode(), $e->getMessage(), $e->getCode(), $e->getAdditionalData() );
	} catch ( Exception $e ) {
		$response = lab_api_error( 'woocommerce_rest_unknown_server_error', $e->getMessage(), 500 );
	}
	$response->header( 'Nonce', wp_create_nonce( 'wc_store_api' ) );
	$response->header( 'Nonce-Timestamp', (string) time() );
	$response->header( 'User-ID', (string) get_current_user_id() );
	if ( WC()->cart ) {
		$response->header( 'Cart-Hash', WC()->cart->get_cart_hash() );
	}
	return $response;
}

function lab_api_error( string $code, string $message, int $status, array $more = array() ): WP_REST_Response {
	return new WP_REST_Response( array( 'code' => $code, 'message' => $message, 'data' => array( 'status' => $status ) + $more ), $status );
}

function lab_api_check_nonce( WP_REST_Request $request ): void {
	$nonce = $request->get_header( 'Nonce' );
	if ( null === $nonce ) {
		throw new RouteException( 'woocommerce_rest_missing_nonce', 'Missing the Nonce header. This endpoint requires a valid nonce.', 401 );
	}
	if ( ! wp_verify_nonce( $nonce, 'wc_store_api' ) ) {
		throw new RouteException( 'woocommerce_rest_invalid_nonce', 'Nonce is invalid.', 403 );
	}
}

/** Amounts travel in the smallest unit. */
function lab_minor( $amount ): string {
	return (string) (int) round( 100 * (float) $amount );
}

function lab_api_products( WP_REST_Request $request ): array {
	$shape = fn ( $product ) => array( 'id' => $product->get_id(), 'name' => $product->get_name(), 'type' => 'simple', 'permalink' => $product->get_permalink(), 'prices' => array( 'price' => lab_minor( $product->get_price() ), 'currency_code' => get_woocommerce_currency(), 'currency_minor_unit' => 2 ), 'is_purchasable' => $product->is_purchasable(), 'is_in_stock' => $product->is_in_stock() );
	return array_map( $shape, wc_get_products( array( 'limit' => min( 100, absint( $request['per_page'] ?? 10 ) ) ) ) );
}

function lab_api_cart( WP_REST_Request $request ): array {
	$items = array();
	foreach ( WC()->cart->get_cart() as $key => $line ) {
		$total   = (float) $line['data']->get_price() * $line['quantity'];
		$items[] = array( 'key' => $key, 'id' => $line['product_id'], 'type' => 'simple', 'quantity' => $line['quantity'], 'name' => $line['data']->get_name(), 'prices' => array( 'price' => lab_minor( $line['data']->get_price() ), 'currency_code' => get_woocommerce_currency(), 'currency_minor_unit' => 2 ), 'totals' => array( 'line_subtotal' => lab_minor( $total ), 'line_total' => lab_minor( $total ) ) );
	}
	return array(
		'items'            => $items,
		'items_count'      => WC()->cart->get_cart_contents_count(),
		'coupons'          => array(),
		'needs_payment'    => WC()->cart->needs_payment(),
		'needs_shipping'   => false,
		'billing_address'  => (object) WC()->customer->get_address( 'billing' ),
		'shipping_address' => (object) WC()->customer->get_address( 'shipping' ),
		'totals'           => array( 'total_items' => lab_minor( WC()->cart->get_subtotal() ), 'total_price' => lab_minor( WC()->cart->get_total( 'edit' ) ), 'total_tax' => '0', 'currency_code' => get_woocommerce_currency(), 'currency_minor_unit' => 2 ),
		'payment_methods'  => array_keys( WC()->payment_gateways()->get_available_payment_gateways() ),
		'errors'           => array(),
	);
}

/** The session is written when the request ends, after the answer: it is 201 whatever becomes of it. */
function lab_api_add_item( WP_REST_Request $request ): WP_REST_Response {
	$product = wc_get_product( absint( $request['id'] ) );
	if ( ! $product || ! $product->is_purchasable() ) {
		throw new RouteException( 'woocommerce_rest_product_not_purchasable', 'This product cannot be purchased.', 400 );
	}
	if ( ! WC()->cart->add_to_cart( $product->get_id(), max( 1, absint( $request['quantity'] ?? 1 ) ) ) ) {
		wc_clear_notices();
		throw new RouteException( 'woocommerce_rest_product_partially_out_of_stock', 'There is not enough of it in stock.', 400 );
	}
	return new WP_REST_Response( lab_api_cart( $request ), 201 );
}

function lab_api_update_item( WP_REST_Request $request ): array {
	lab_api_need_item( $request );
	WC()->cart->set_quantity( $request['key'], absint( $request['quantity'] ) );
	return lab_api_cart( $request );
}

function lab_api_remove_item( WP_REST_Request $request ): array {
	lab_api_need_item( $request );
	WC()->cart->remove_cart_item( $request['key'] );
	return lab_api_cart( $request );
}

function lab_api_need_item( WP_REST_Request $request ): void {
	if ( ! WC()->cart->get_cart_item( (string) $request['key'] ) ) {
		throw new RouteException( 'woocommerce_rest_cart_invalid_key', 'Cart item no longer exists or is invalid.', 409 );
	}
}
