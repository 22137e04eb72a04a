<?php
// Standard input: an action's hook. What Action Scheduler does around it; prints its status before and after.
error_reporting( 0 );
$wanted      = json_decode( stream_get_contents( STDIN ), true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1' );
require '/srv/wp/wp-load.php';
$row = static fn () => $GLOBALS['wpdb']->get_row( $GLOBALS['wpdb']->prepare( 'SELECT * FROM wp_actionscheduler_actions WHERE hook = %s', $wanted ) );
do_action( 'action_scheduler_before_execute', (int) $row()->action_id, 'WP Cron' );
echo $row()->status, ' ';
if ( 'pending' !== $row()->status ) {
	do_action( 'action_scheduler_execution_ignored', (int) $row()->action_id, 'WP Cron' );
}
echo $row()->status;
