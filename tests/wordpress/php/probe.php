<?php
// A plugin of the test: writes by every road that WordPress has, slowly where it is asked to.

/** Writes, lets the permit run out where that is wanted, and writes again. */
function farshore_test_write(): void {
	update_option( 'farshore_test', wp_generate_uuid4() );
	if ( ! isset( $_REQUEST['outlast'] ) ) {
		return;
	}
	$until = json_decode( file_get_contents( '/run/farshore/permit.json' ), true )['until_mono_ns'] ?? 0;
	while ( hrtime( true ) < $until + 20000000 ) {
		usleep( 10000 );
	}
	update_option( 'farshore_test', wp_generate_uuid4() );
}

add_action(
	'rest_api_init',
	static function (): void {
		$route = array(
			'methods'             => 'GET, POST, PUT, DELETE',
			'permission_callback' => '__return_true',
			'callback'            => static function () {
				farshore_test_write();
				return new WP_REST_Response( array( 'written' => true ), 201 );
			},
		);
		register_rest_route( 'farshore-test/v1', '/write', $route );
		register_rest_route( 'gateway/v1', '/webhook', $route );
	}
);
foreach ( array( 'admin_post_nopriv_farshore_test', 'wp_ajax_nopriv_farshore_test' ) as $hook ) {
	add_action(
		$hook,
		static function (): void {
			farshore_test_write();
			setcookie( 'farshore_test', 'written' );
			wp_redirect( home_url( '/written' ) );
			exit;
		}
	);
}
// A page that is only looked at writes as well: counters, caches, the theme's own notes.
add_action(
	'template_redirect',
	static function (): void {
		if ( isset( $_GET['counted'] ) ) {
			update_option( 'farshore_test_seen', 1 + (int) get_option( 'farshore_test_seen' ) );
			set_transient( 'farshore_test_seen', time(), 60 );
		}
		if ( isset( $_GET['locked'] ) ) {
			global $wpdb;
			$wpdb->get_results( "SELECT option_name FROM {$wpdb->options} LIMIT 3" );
			echo '<!-- rows: ', count( $wpdb->get_results( "SELECT option_name FROM {$wpdb->options} LIMIT 3 FOR UPDATE" ) ), ' -->';
		}
		if ( isset( $_GET['prefix'] ) ) {
			echo '<!-- ', WP_REDIS_PREFIX, ' ', WP_CACHE_KEY_SALT, ' ', DB_HOST, ' -->';
		}
		if ( isset( $_GET['wc-api'] ) ) {
			farshore_test_write();
		}
	}
);
add_action( 'farshore_test_job', 'farshore_test_write' );
add_action( 'woocommerce_cancel_unpaid_orders', 'farshore_test_write' );
