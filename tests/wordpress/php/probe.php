<?php
// A plugin of the test: writes by every road that WordPress has, slowly where it is asked to.

/** Writes, lets the permit run out where that is wanted, and writes again. */
function farshore_test_write(): void {
	update_option( 'farshore_test', wp_generate_uuid4() );
	if ( ! isset( $_REQUEST['outlast'] ) ) {
		return;
	}
	$until = json_decode( file_get_contents( '/run/farshore/permit.json' ), true )['until_mono_ns'] ?? 0;
	touch( '/run/farshore/begun' );
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
	}
);
// Called by a provider: by the shop's plugin where there is one, else by ourselves.
add_action( 'woocommerce_api_gateway', 'farshore_test_write' );
add_action(
	'parse_request',
	static function (): void {
		if ( isset( $_GET['wc-api'] ) && ! function_exists( 'WC' ) ) {
			do_action( 'woocommerce_api_gateway' );
			exit;
		}
	}
);
add_action( 'farshore_test_job', 'farshore_test_write' );
add_action( 'woocommerce_cancel_unpaid_orders', 'farshore_test_write' );

/** What a test wants to happen in the midst of a request: {"hook": name, "do": what}. */
function farshore_test_trip(): void {
	$trip = json_decode( (string) @file_get_contents( '/run/farshore/trip.json' ), true );
	if ( ! is_array( $trip ) ) {
		return;
	}
	add_filter(
		$trip['hook'],
		static function ( $value = null ) use ( $trip ) {
			static $done = false;
			if ( ! $done ) {
				$done = true;
				farshore_test_happen( $trip['do'] );
			}
			return $value;
		},
		10
	);
}

/** Fences the database as an administrator would, waits until the permit is over, or moves the writer. */
function farshore_test_happen( string $what ): void {
	$endpoint = json_decode( file_get_contents( '/run/farshore/endpoint.json' ), true );
	if ( 'read_only' === $what ) {
		$admin = new mysqli( $endpoint['host'], 'platform', 'secret', '', $endpoint['port'] );
		$admin->query( 'SET GLOBAL read_only = 1' );
	} elseif ( 'fence' === $what ) {
		$admin = new mysqli( $endpoint['host'], 'platform', 'secret', '', $endpoint['port'] );
		$admin->query( 'ALTER USER shop ACCOUNT LOCK' );
		foreach ( $admin->query( "SELECT id FROM information_schema.processlist WHERE user = 'shop'" )->fetch_all() as $row ) {
			$admin->query( 'KILL ' . (int) $row[0] );
		}
		file_put_contents( '/run/farshore/endpoint.json', json_encode( array( 'epoch' => $endpoint['epoch'] + 1, 'role' => 'standby' ) + $endpoint ) );
	} elseif ( 'outlast' === $what ) {
		$until = json_decode( file_get_contents( '/run/farshore/permit.json' ), true )['until_mono_ns'] ?? 0;
		while ( hrtime( true ) < $until + 20000000 ) {
			usleep( 10000 );
		}
	} elseif ( 'move' === $what ) {
		$moved = array( 'epoch' => $endpoint['epoch'] + 1, 'role' => 'standby' ) + $endpoint;
		file_put_contents( '/run/farshore/endpoint.json', json_encode( $moved ) );
	} elseif ( 'fail' === $what ) {
		$GLOBALS['wpdb']->query( 'INSERT INTO wp_farshore_absent VALUES (1)' ); // Nobody looks at what it returns.
	} elseif ( 'quarrel' === $what ) {
		$GLOBALS['wpdb']->query( "INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', 'twice')" );
		$GLOBALS['wpdb']->query( "UPDATE wp_options SET absent = 1 WHERE option_name = '_transient_x'" );
	} elseif ( 'damage' === $what ) {
		$admin = new mysqli( $endpoint['host'], 'platform', 'secret', 'shop', $endpoint['port'] );
		$admin->query( 'DELETE FROM wp_woocommerce_order_items' );
	}
}
farshore_test_trip();

// A gateway that says when it was asked for money.
add_filter(
	'woocommerce_cod_process_payment_order_status',
	static function ( $status ) {
		file_put_contents( '/run/farshore/charged', 'x', FILE_APPEND );
		return $status;
	}
);

// The owner's programs, without the ceremony of keys.
add_filter( 'determine_current_user', static fn ( $user ) => isset( $_SERVER['HTTP_X_TEST_OWNER'] ) ? 1 : $user, 99 );
