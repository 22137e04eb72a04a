<?php
// Makes the test shop one that sells. Standard input: {"shop": plugin, "own_tables": bool}. The last line is JSON.
error_reporting( E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING );
$order    = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1' );
copy( __DIR__ . '/reconcile_witness.php', '/srv/wp/wp-content/mu-plugins/witness.php' );
require '/srv/wp/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
if ( ! is_plugin_active( $order['shop'] ) ) {
	$wrong = activate_plugin( $order['shop'] );
	if ( is_wp_error( $wrong ) ) {
		fwrite( STDERR, $wrong->get_error_message() . "\n" );
		exit( 1 );
	}
	echo "again\n"; // What a plugin registers on `init` is there in the next process only.
	exit( 0 );
}
if ( is_callable( array( 'WC_Install', 'create_tables' ) ) ) {
	WC_Install::create_tables();
}
$synchronizer = 'Automattic\WooCommerce\Internal\DataStores\Orders\DataSynchronizer';
if ( $order['own_tables'] && function_exists( 'wc_get_container' ) && class_exists( $synchronizer ) ) {
	wc_get_container()->get( $synchronizer )->create_database_tables();
}
update_option( 'woocommerce_feature_custom_order_tables_enabled', $order['own_tables'] ? 'yes' : 'no' );
update_option( 'woocommerce_custom_orders_table_enabled', $order['own_tables'] ? 'yes' : 'no' );
update_option( 'woocommerce_custom_orders_table_data_sync_enabled', 'no' );
update_option( 'woocommerce_manage_stock', 'yes' );
update_option( 'woocommerce_currency', 'EUR' );
$products = array();
foreach ( array( 'Lantern' => '10.00', 'Rope' => '2.50' ) as $name => $price ) {
	$product = new WC_Product_Simple();
	$product->set_name( $name );
	$product->set_status( 'publish' );
	$product->set_regular_price( $price );
	$product->set_price( $price );
	$product->set_manage_stock( true );
	$product->set_stock_quantity( 1000 );
	$products[ $name ] = $product->save();
}
echo "\n", json_encode( array( 'products' => $products, 'version' => defined( 'WC_VERSION' ) ? WC_VERSION : 'stand-in' ) ), "\n";
