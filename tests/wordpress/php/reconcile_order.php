<?php
// Takes an order as a checkout does, and says how it would be journalled. Standard input: {"key", "products", ...}.
error_reporting( E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING );
$asked    = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1' );
require '/srv/wp/wp-load.php';
require_once '/usr/share/farshore/wordpress/farshore/class-farshore-order-entry.php';
add_filter( 'pre_wp_mail', '__return_false' );
$order = new WC_Order();
$order->set_order_key( $asked['key'] );
$order->set_currency( 'EUR' );
$order->set_created_via( 'checkout' );
$order->set_customer_ip_address( '203.0.113.9' );
$order->set_customer_user_agent( 'Mozilla/5.0' );
$order->set_cart_hash( md5( $asked['key'] ) );
$order->set_date_created( $asked['created'] );
$order->set_payment_method( $asked['method'] ?? 'cod' );
$order->set_payment_method_title( 'Cash on delivery' );
$order->set_customer_note( 'Ring twice' );
foreach ( array( 'first_name' => 'Ada', 'last_name' => 'Løvelace', 'address_1' => '1 Quay', 'city' => 'Oslo', 'postcode' => '0150', 'country' => 'NO' ) as $name => $text ) {
	$order->{"set_billing_$name"}( $text );
	$order->{"set_shipping_$name"}( $text );
}
$order->set_billing_email( 'ada@example.com' );
$order->set_billing_phone( '+47 1' );
$total = 5;
foreach ( array( 'Lantern' => 2, 'Rope' => 3 ) as $name => $quantity ) {
	$product = wc_get_product( $asked['products'][ $name ] );
	$item    = new WC_Order_Item_Product();
	$item->set_name( $name );
	$item->set_product_id( $product->get_id() );
	$item->set_quantity( $quantity );
	$item->set_subtotal( (string) ( $quantity * (float) $product->get_price() ) );
	$item->set_total( (string) ( $quantity * (float) $product->get_price() ) );
	$item->add_meta_data( 'Colour', 'red' );
	$order->add_item( $item );
	$total += $quantity * (float) $product->get_price();
}
$shipping = new WC_Order_Item_Shipping();
$shipping->set_method_title( 'Ferry' );
$shipping->set_method_id( 'flat_rate' );
$shipping->set_total( '5' );
$order->add_item( $shipping );
$order->set_shipping_total( '5' );
$order->set_total( (string) $total );
$order->add_meta_data( '_gift', 'yes' );
$order->save();
if ( 'intent' === ( $asked['until'] ?? '' ) ) {
	echo "\n", json_encode( Farshore_Order_Entry::of( wc_get_order( $order->get_id() ) ) ), "\n";
	exit( 0 );
}
if ( ! empty( $asked['transaction'] ) ) {
	$order->set_transaction_id( $asked['transaction'] );
}
$order->update_status( 'processing' );
$order = wc_get_order( $order->get_id() );
if ( ! empty( $asked['refund'] ) ) {
	wc_create_refund( array( 'order_id' => $order->get_id(), 'amount' => $asked['refund'], 'reason' => 'Broken' ) );
	$order = wc_get_order( $order->get_id() );
}
echo "\n", json_encode( Farshore_Order_Entry::of( $order ) ), "\n";
