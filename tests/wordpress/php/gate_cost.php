<?php
// Draws a page of the shop, and then asks the gate about that page's statements, many times over. Prints JSON.
error_reporting( 0 );
$given    = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => $given['path'], 'SERVER_PROTOCOL' => 'HTTP/1.1' );
define( 'SAVEQUERIES', true );
define( 'WP_USE_THEMES', true );
ob_start();
require '/srv/wp/wp-blog-header.php';
ob_end_clean();
$statements = array_column( $GLOBALS['wpdb']->queries, 0 );
$gate       = new Farshore_Gate( Farshore_State::current() );
$times      = 300;
$began      = hrtime( true );
for ( $i = 0; $i < $times; $i++ ) {
	foreach ( $statements as $sql ) {
		$gate->let_through( $sql );
	}
}
echo json_encode( array( 'statements' => count( $statements ), 'us' => ( hrtime( true ) - $began ) / 1000 / $times ) );
