<?php
// For tests: an order that was lost is made again with its own id, key and dates, without mails and without taking stock,
// and some of it is refunded. Prints what it looks like when it is read back. Works on the real WooCommerce as on the stand-in.
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = 'shop.example.com';
require '/usr/share/wordpress/wp-load.php';

list( , $wanted_id, $product_id ) = array_map( 'intval', $argv );
$fired = array();
add_action(
	'all',
	function ( $hook ) use ( &$fired ) {
		if ( preg_match( '/^woocommerce_(create_refund|order_partially_refunded|order_fully_refunded|refund_created|order_refunded)$/', $hook ) ) {
			$fired[] = $hook;
		}
	}
);
$mails = 0;
add_filter(
	'pre_wp_mail',
	function () use ( &$mails ) {
		++$mails;
		return false;
	}
);
foreach ( WC()->mailer()->get_emails() as $email ) {
	add_filter( 'woocommerce_email_enabled_' . $email->id, '__return_false' );
}
$stock = fn () => (float) get_post_meta( $product_id, '_stock', true );
$keep  = function ( $data ) use ( $wanted_id, &$keep ) {
	if ( in_array( $data['post_type'], array( 'shop_order', 'shop_order_placehold' ), true ) ) {
		$data['ID'] = $wanted_id;
		remove_filter( 'wp_insert_post_data', $keep );
	}
	return $data;
};

$before = $stock();
$order  = new WC_Order();
$order->set_order_key( 'wc_order_lostandfound' );
$order->set_date_created( 1790000000 );
$order->set_date_paid( 1790000060 );
$order->set_currency( 'USD' );
$order->set_billing_first_name( 'Ada' );
$order->set_billing_email( 'ada@example.com' );
$order->set_shipping_city( 'New York' );
$order->set_payment_method( 'cod' );
$order->set_payment_method_title( 'Cash on delivery' );
$order->set_transaction_id( 'txn-1' );
$order->set_customer_ip_address( '203.0.113.9' );
$order->set_customer_user_agent( 'a browser' );
$order->set_cart_hash( 'abc' );
$order->set_created_via( 'checkout' );
$order->set_customer_note( 'Ring twice' );
if ( is_callable( array( $order, 'set_order_stock_reduced' ) ) ) {
	$order->set_order_stock_reduced( true );
}
$order->set_new_order_email_sent( true );
$order->update_meta_data( 'gift', 'yes' );
$item = new WC_Order_Item_Product();
$item->set_props( array( 'product_id' => $product_id, 'name' => 'Storm lantern', 'quantity' => 2, 'subtotal' => '84', 'total' => '84' ) );
$item->add_meta_data( '_reduced_stock', 2, true );
$order->add_item( $item );
$order->set_total( '84' );
add_filter( 'woocommerce_can_reduce_order_stock', '__return_false' );
add_filter( 'wp_insert_post_data', $keep );
$order->set_status( 'processing' );
$id = $order->save();

wp_cache_flush();
$found = wc_get_order( wc_get_order_id_by_order_key( 'wc_order_lostandfound' ) );
$lines = array_values( $found->get_items() );
$out   = array(
	'id'       => $found->get_id(),
	'status'   => $found->get_status(),
	'created'  => $found->get_date_created()->getTimestamp(),
	'paid'     => $found->get_date_paid()->getTimestamp(),
	'total'    => (float) $found->get_total(),
	'billing'  => array_filter( array_intersect_key( $found->get_address( 'billing' ), array_flip( array( 'first_name', 'email', 'city' ) ) ) ),
	'shipping' => array_filter( array_intersect_key( $found->get_address( 'shipping' ), array_flip( array( 'first_name', 'city' ) ) ) ),
	'texts'    => array( $found->get_transaction_id(), $found->get_customer_ip_address(), $found->get_customer_user_agent(), $found->get_cart_hash(), $found->get_created_via(), $found->get_customer_note(), $found->get_meta( 'gift' ) ),
	'items'    => array_map( fn ( $line ) => array( $line->get_name(), $line->get_product_id(), $line->get_quantity(), (float) $line->get_total(), (string) $line->get_meta( '_reduced_stock' ) ), $lines ),
	'stock'    => $before - $stock(),
	'mails'    => $mails,
);
// Another order gets another id.
$next = new WC_Order();
$next->save();
$out['next_is_larger'] = $next->get_id() > $wanted_id;
$next->delete( true );
$out['next_is_gone'] = false === wc_get_order( $next->get_id() ? $next->get_id() : PHP_INT_MAX );

$refund          = wc_create_refund( array( 'order_id' => $id, 'amount' => '10.00', 'reason' => 'A scratch' ) );
$out['refund']   = array( (float) $refund->get_amount(), $refund->get_reason(), $refund->get_parent_id() === $id );
$found           = wc_get_order( $id );
$out['refunded'] = array( (float) $found->get_total_refunded(), count( $found->get_refunds() ), $found->get_status() );
wc_create_refund( array( 'order_id' => $id, 'amount' => '74.00' ) );
$out['fully']  = wc_get_order( $id )->get_status();
$out['hooks']  = $fired;
$out['orders'] = in_array( $id, wc_get_orders( array( 'limit' => -1, 'return' => 'ids', 'status' => array( 'wc-refunded' ) ) ), true );
echo "\n", json_encode( $out ), "\n";
