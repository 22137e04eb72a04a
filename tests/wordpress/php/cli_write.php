<?php
// A program of the owner's, on a command line: says whether it could write.
error_reporting( 0 );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1' );
if ( ! is_file( '/run/farshore/endpoint.json' ) ) {
	exit( "refused\n" );
}
require '/srv/wp/wp-load.php';
echo update_option( 'farshore_test', wp_generate_uuid4() ) ? 'written' : 'refused', "\n";
