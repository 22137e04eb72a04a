<?php
// Orders as they would be journalled now. Standard input: a list of keys.
error_reporting( E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING );
$keys     = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1' );
require '/srv/wp/wp-load.php';
require_once '/usr/share/farshore/wordpress/farshore/class-farshore-order-entry.php';
$found = array();
foreach ( $keys as $key ) {
	$order         = wc_get_order( wc_get_order_id_by_order_key( $key ) );
	$found[ $key ] = $order instanceof WC_Order ? Farshore_Order_Entry::of( $order ) : null;
}
echo "\n", json_encode( $found ), "\n";
