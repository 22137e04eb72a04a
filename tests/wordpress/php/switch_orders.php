<?php
// Standard input: whether orders live in tables of their own.
error_reporting( 0 );
$own       = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1' );
require '/srv/wp/wp-load.php';
update_option( 'woocommerce_custom_orders_table_enabled', $own ? 'yes' : 'no' );
echo get_option( 'woocommerce_custom_orders_table_enabled' );
