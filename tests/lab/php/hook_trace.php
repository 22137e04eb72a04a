<?php
// A must-use plugin for tests: which of a checkout's hooks fired, in order, with what arguments, one line a request; and
// at the hook that a request names, an exception.
if ( isset( $_SERVER['HTTP_X_THROW_AT'] ) ) {
	add_action(
		$_SERVER['HTTP_X_THROW_AT'],
		function () {
			throw new Exception( 'thrown by a test' );
		},
		999
	);
}
$GLOBALS['hook_trace'] = array();
add_action(
	'all',
	function ( $hook ) {
		$wanted = '/^(woocommerce_(store_api_checkout_\w+|checkout_(create_order|create_order_line_item|process|posted_data|order_processed|order_created|update_order_meta)|before_checkout_process|(before|after)_order_object_save|new_order|new_order_item|order_status_[a-z_-]+|rest_checkout_process_payment_with_context|reduce_order_stock|payment_complete|email_sent|order_payment_status_changed|payment_successful_result)|rest_request_after_callbacks)$/';
		if ( preg_match( $wanted, $hook ) && ! str_ends_with( $hook, '_notification' ) ) {
			$shape = fn ( $x ) => is_object( $x ) ? 'object' : ( is_string( $x ) && str_starts_with( $x, 'wc_' ) ? 'key' : gettype( $x ) );
			$GLOBALS['hook_trace'][] = array( $hook, array_map( $shape, array_slice( func_get_args(), 1 ) ) );
		}
	}
);
register_shutdown_function(
	function () {
		if ( $GLOBALS['hook_trace'] && 'POST' === ( $_SERVER['REQUEST_METHOD'] ?? '' ) && str_contains( $_SERVER['REQUEST_URI'], 'checkout' ) ) {
			file_put_contents( '/var/lib/wordpress/wp-content/uploads/hook_trace.jsonl', json_encode( $GLOBALS['hook_trace'] ) . "\n", FILE_APPEND | LOCK_EX );
		}
	}
);
