<?php
/**
 * Required by wp-config.php, near its top and before the database constants:
 *
 *     require '/usr/share/farshore/wordpress/config.php';
 *
 * Reads the endpoint file once, and makes of it what WordPress needs: where the database is, whether this region is the
 * writer, and under which epoch things are cached. Fails closed: without the file nobody knows who may write.
 *
 * @package Farshore
 */

declare( strict_types=1 );

foreach ( array( 'settings', 'endpoint', 'permit', 'state', 'closing', 'request', 'sentences', 'answer', 'checkout-lock', 'door' ) as $farshore_part ) {
	require_once __DIR__ . '/farshore/class-farshore-' . $farshore_part . '.php';
}
unset( $farshore_part );

( static function (): void {
	$settings = null;
	$endpoint = null;
	try {
		$settings = Farshore_Settings::load();
		$endpoint = Farshore_Endpoint::read( $settings->endpoint_file() );
		$why      = 'There is no endpoint file ' . $settings->endpoint_file() . ' that makes sense; the agent writes it when the controller points this region.';
	} catch ( Farshore_Bad_Settings $bad ) {
		$why = $bad->getMessage();
	}
	if ( null === $endpoint || null === $settings ) {
		error_log( 'farshore: ' . $why ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
		if ( 'cli' === PHP_SAPI ) {
			exit( 75 );
		}
		define( 'FARSHORE_EPOCH', 0 );
		define( 'FARSHORE_ROLE', 'none' );
		header( 'X-Epoch: 0' );
		$request = Farshore_Request::of( $_SERVER, $_GET, $_POST ); // phpcs:ignore WordPress.Security.NonceVerification
		Farshore_Answer::refusal( $request, 'unready', $settings )->send();
	}

	define( 'FARSHORE_EPOCH', $endpoint->epoch );
	define( 'FARSHORE_ROLE', $endpoint->role );
	define( 'FARSHORE_REGION', $endpoint->region );
	define( 'DB_HOST', $endpoint->db_host() );
	// A new epoch is an empty cache: nothing stale after a failover, and no flush that could be lost.
	$prefix = $settings->store() . ':e' . $endpoint->epoch . ':';
	foreach ( array( 'WP_REDIS_PREFIX', 'WP_CACHE_KEY_SALT' ) as $name ) {
		defined( $name ) || define( $name, $prefix );
	}
	// Visitors start no jobs; the writer's own timer does.
	defined( 'DISABLE_WP_CRON' ) || define( 'DISABLE_WP_CRON', true );
	if ( 'off' !== $settings->tls() && ! defined( 'MYSQL_CLIENT_FLAGS' ) ) {
		define( 'MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | ( 'verify' === $settings->tls() ? MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT : 0 ) );
	}
	// PHP waits a day for a database that has gone silent, unless told otherwise.
	if ( (int) ini_get( 'mysqlnd.net_read_timeout' ) > $settings->read_timeout_s() ) {
		ini_set( 'mysqlnd.net_read_timeout', (string) $settings->read_timeout_s() ); // phpcs:ignore WordPress.PHP.IniSet
	}
	if ( 'cli' === PHP_SAPI ) {
		Farshore_State::begin( new Farshore_State( $settings, $endpoint ) );
		return;
	}
	header( 'X-Region: ' . $endpoint->region );
	header( 'X-Epoch: ' . $endpoint->epoch );
	$request = Farshore_Request::of( $_SERVER, $_GET, $_POST, $settings->webhook_routes() ); // phpcs:ignore WordPress.Security.NonceVerification
	$state   = new Farshore_State( $settings, $endpoint, $request );
	Farshore_State::begin( $state );
	Farshore_Door::pass( $state, $request );
} )();
