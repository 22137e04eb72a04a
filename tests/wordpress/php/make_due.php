<?php
// Standard input: hooks. Each becomes the only job of WP-Cron that is due, once.
error_reporting( 0 );
$hooks     = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1' );
require '/srv/wp/wp-load.php';
delete_transient( 'doing_cron' );
foreach ( $hooks as $hook ) {
	wp_clear_scheduled_hook( $hook );
	if ( ! wp_schedule_single_event( time() - 60, $hook ) ) {
		fwrite( STDERR, "not scheduled: $hook\n" );
		exit( 1 );
	}
}
