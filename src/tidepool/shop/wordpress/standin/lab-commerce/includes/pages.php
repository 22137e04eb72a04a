<?php
/**
 * What visitors see: products, cart, checkout, thank-you; and the addresses that forms post to.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

function lab_commerce_post_types(): void {
	$hidden = array( 'public' => false, 'supports' => array( 'title', 'custom-fields' ), 'can_export' => false );
	register_post_type( 'product', array( 'public' => true, 'label' => 'Products', 'has_archive' => 'shop', 'rewrite' => array( 'slug' => 'product', 'with_front' => false ), 'supports' => array( 'title', 'editor', 'excerpt', 'thumbnail' ) ) );
	foreach ( array( 'shop_order', 'shop_order_refund', 'shop_order_placehold' ) as $type ) {
		register_post_type( $type, $hidden );
	}
	foreach ( array_keys( wc_get_order_statuses() + array( 'wc-checkout-draft' => '' ) ) as $status ) {
		register_post_status( $status, array( 'public' => false, 'internal' => false, 'exclude_from_search' => true ) );
	}
	foreach ( array( 'order-pay', 'order-received' ) as $endpoint ) {
		add_rewrite_endpoint( $endpoint, EP_PAGES | EP_ROOT );
	}
}

function lab_commerce_page_hooks(): void {
	add_shortcode( 'products', 'lab_products_shortcode' );
	add_shortcode( 'woocommerce_cart', 'lab_cart_shortcode' );
	add_shortcode( 'woocommerce_checkout', 'lab_checkout_shortcode' );
	add_shortcode( 'woocommerce_my_account', fn () => wp_login_form( array( 'echo' => false ) ) );
	add_filter( 'the_content', 'lab_product_content' );
	add_action( 'wp_loaded', 'lab_add_to_cart_action', 20 );
	add_action( 'wp', 'lab_pay_action', 20 );
	add_action( 'template_redirect', 'lab_ajax_action', 0 );
	add_action( 'parse_request', 'lab_gateway_callback', 0 );
	add_filter( 'query_vars', fn ( $vars ) => array_merge( $vars, array( 'wc-ajax', 'wc-api' ) ) );
	if ( isset( $_GET['wc-ajax'] ) ) { // phpcs:ignore WordPress.Security
		wc_maybe_define_constant( 'DOING_AJAX', true );
		wc_maybe_define_constant( 'WC_DOING_AJAX', true );
	}
}

/** ?wc-ajax=NAME, as the shop's scripts call it. */
function lab_ajax_action(): void {
	$action = sanitize_key( wp_unslash( $_GET['wc-ajax'] ?? '' ) ); // phpcs:ignore WordPress.Security
	if ( '' === $action ) {
		return;
	}
	nocache_headers();
	if ( 'checkout' === $action ) {
		WC()->checkout()->process_checkout();
	} elseif ( 'add_to_cart' === $action ) {
		$key = WC()->cart->add_to_cart( absint( $_POST['product_id'] ?? 0 ), max( 1, absint( $_POST['quantity'] ?? 1 ) ) ); // phpcs:ignore WordPress.Security
		wp_send_json( $key ? array( 'fragments' => array(), 'cart_hash' => WC()->cart->get_cart_hash() ) : array( 'error' => true ) );
	} elseif ( 'get_refreshed_fragments' === $action ) {
		wp_send_json( array( 'fragments' => array(), 'cart_hash' => WC()->cart->get_cart_hash() ) );
	}
	wp_die( '0', '', array( 'response' => 400 ) );
}

/** ?wc-api=NAME, as gateways call it: whoever listens answers, and nobody learns whether there was an order. */
function lab_gateway_callback(): void {
	$name = strtolower( sanitize_text_field( wp_unslash( $_REQUEST['wc-api'] ?? '' ) ) ); // phpcs:ignore WordPress.Security
	if ( '' === $name ) {
		return;
	}
	nocache_headers();
	do_action( 'woocommerce_api_request', $name );
	status_header( has_action( "woocommerce_api_$name" ) ? 200 : 400 );
	do_action( "woocommerce_api_$name" );
	die( '-1' );
}

/** A product page's form, or its link. */
function lab_add_to_cart_action(): void {
	$id = absint( $_REQUEST['add-to-cart'] ?? 0 ); // phpcs:ignore WordPress.Security
	if ( $id && WC()->cart && WC()->cart->add_to_cart( $id, max( 1, absint( $_REQUEST['quantity'] ?? 1 ) ) ) ) { // phpcs:ignore WordPress.Security
		wc_add_notice( get_the_title( $id ) . ' has been added to your cart.' );
	}
}

function lab_products_shortcode( $attributes ): string {
	$html = '<ul class="products columns-4">';
	foreach ( wc_get_products( array( 'limit' => absint( $attributes['limit'] ?? 20 ) ) ) as $product ) {
		$html .= '<li class="product"><a href="' . esc_url( $product->get_permalink() ) . '"><h2 class="woocommerce-loop-product__title">' . esc_html( $product->get_name() ) . '</h2></a> ' . wc_price( $product->get_price() ) . '</li>';
	}
	return $html . '</ul>';
}

function lab_product_content( $content ) {
	$product = is_singular( 'product' ) && in_the_loop() ? wc_get_product( get_the_ID() ) : false;
	if ( ! $product ) {
		return $content;
	}
	return $content . '<p class="price">' . wc_price( $product->get_price() ) . '</p><p class="stock in-stock">' . (int) $product->get_stock_quantity() . ' in stock</p>'
		. '<form class="cart" action="' . esc_url( $product->get_permalink() ) . '" method="post"><input type="number" class="qty" name="quantity" value="1" min="1"> '
		. '<button type="submit" name="add-to-cart" value="' . $product->get_id() . '" class="single_add_to_cart_button button">Add to cart</button></form>';
}

function lab_cart_shortcode(): string {
	if ( ! WC()->cart ) {
		return '';
	}
	$html = wc_print_notices( true );
	foreach ( WC()->cart->get_cart() as $line ) {
		$html .= '<p class="cart_item">' . (int) $line['quantity'] . ' × ' . esc_html( $line['data']->get_name() ) . ' ' . wc_price( (float) $line['data']->get_price() * $line['quantity'] ) . '</p>';
	}
	return WC()->cart->is_empty() ? $html . '<p class="cart-empty">Your cart is currently empty.</p>' : $html . '<p class="order-total">' . WC()->cart->get_total() . '</p><p><a class="checkout-button button" href="' . esc_url( wc_get_checkout_url() ) . '">Proceed to checkout</a></p>';
}

function lab_checkout_shortcode(): string {
	global $wp;
	if ( isset( $wp->query_vars['order-received'] ) ) {
		return lab_thank_you( absint( $wp->query_vars['order-received'] ) );
	}
	if ( isset( $wp->query_vars['order-pay'] ) ) {
		return lab_pay_form( absint( $wp->query_vars['order-pay'] ) );
	}
	if ( ! WC()->cart || WC()->cart->is_empty() ) {
		return '<p class="cart-empty">Your cart is currently empty.</p>';
	}
	$html = wc_print_notices( true ) . '<form name="checkout" method="post" class="checkout woocommerce-checkout" action="' . esc_url( wc_get_checkout_url() ) . '">';
	foreach ( array( 'first_name', 'last_name', 'company', 'country', 'address_1', 'address_2', 'city', 'state', 'postcode', 'phone', 'email' ) as $field ) {
		$html .= '<p class="form-row"><label>' . esc_html( ucfirst( strtr( $field, '_', ' ' ) ) ) . ' <input type="text" name="billing_' . $field . '" id="billing_' . $field . '"></label></p>';
	}
	return $html . lab_payment_choice() . wp_nonce_field( 'woocommerce-process_checkout', 'woocommerce-process-checkout-nonce', true, false ) . '<button type="submit" class="button alt" name="woocommerce_checkout_place_order" id="place_order" value="Place order">Place order</button></form>';
}

function lab_payment_choice(): string {
	$html = '<ul class="wc_payment_methods payment_methods methods">';
	foreach ( WC()->payment_gateways()->get_available_payment_gateways() as $gateway ) {
		$html .= '<li class="wc_payment_method"><label><input type="radio" name="payment_method" value="' . esc_attr( $gateway->id ) . '" checked> ' . esc_html( $gateway->get_title() ) . '</label></li>';
	}
	return $html . '</ul>';
}

/** Only for who knows the key. */
function lab_thank_you( int $order_id ): string {
	$order = wc_get_order( $order_id );
	if ( ! $order || ! $order->key_is_valid( (string) wc_clean( wp_unslash( $_GET['key'] ?? '' ) ) ) ) { // phpcs:ignore WordPress.Security
		return '<p class="woocommerce-thankyou-order-received">Thank you. Your order has been received.</p>';
	}
	do_action( 'woocommerce_thankyou', $order_id );
	return '<p class="woocommerce-thankyou-order-received">Thank you. Your order has been received.</p><p class="order">Order number: <strong>' . esc_html( $order->get_order_number() ) . '</strong>, total ' . wc_price( $order->get_total() ) . '</p>';
}

function lab_pay_form( int $order_id ): string {
	$order = wc_get_order( $order_id );
	if ( ! $order || ! $order->key_is_valid( (string) wc_clean( wp_unslash( $_GET['key'] ?? '' ) ) ) ) { // phpcs:ignore WordPress.Security
		return '<p class="woocommerce-error">Sorry, this order is invalid and cannot be paid for.</p>';
	}
	if ( ! $order->needs_payment() ) {
		return '<p class="woocommerce-error">This order&rsquo;s status is &ldquo;' . esc_html( $order->get_status() ) . '&rdquo;&mdash;it cannot be paid for.</p>';
	}
	return wc_print_notices( true ) . '<form id="order_review" method="post">' . lab_payment_choice() . '<input type="hidden" name="woocommerce_pay" value="1">' . wp_nonce_field( 'woocommerce-pay', 'woocommerce-pay-nonce', true, false ) . '<button type="submit" class="button alt" id="place_order">Pay for order</button></form>';
}
