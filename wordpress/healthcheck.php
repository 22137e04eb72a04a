<?php
/**
 * The health check of a shop: GET /healthcheck.php, or ?shallow=1.
 *
 * Shallow: this server knows what its region is for. Deep: orders can be taken here, proved by writing and reading just
 * now. Anybody is told `ok` and what every page's headers say anyway; details need the token of wordpress.json in the
 * header X-Farshore-Token. Loads no WordPress.
 *
 * @package Farshore
 */

declare( strict_types=1 );

ini_set( 'display_errors', '0' ); // phpcs:ignore WordPress.PHP.IniSet
header( 'Cache-Control: no-store' );
header( 'X-Robots-Tag: noindex' );

/**
 * Answers and ends.
 *
 * @param bool                 $ok    Whether it may be used.
 * @param array<string, mixed> $facts What may be told.
 */
function farshore_health_answer( bool $ok, array $facts = array() ): never {
	http_response_code( $ok ? 200 : 503 );
	header( 'Content-Type: application/json' );
	if ( ! $ok ) {
		header( 'Retry-After: 5' );
	}
	echo json_encode( array( 'ok' => $ok ) + $facts, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE ), "\n"; // phpcs:ignore
	exit;
}

/** Where wp-config.php is: as told, or where WordPress is usually put. */
function farshore_wp_config( Farshore_Settings $settings ): ?string {
	$root   = rtrim( (string) ( $_SERVER['DOCUMENT_ROOT'] ?? '' ), '/' ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput
	$places = array( $settings->wp_config(), "$root/wp-config.php", dirname( $root ) . '/wp-config.php', '/usr/share/wordpress/wp-config.php', '/var/www/html/wp-config.php' );
	foreach ( $places as $place ) {
		if ( '' !== $place && is_file( $place ) ) {
			return $place;
		}
	}
	return null;
}

foreach ( array( 'settings', 'endpoint', 'permit', 'state' ) as $farshore_part ) {
	require_once __DIR__ . '/farshore/class-farshore-' . $farshore_part . '.php';
}
require_once __DIR__ . '/farshore/class-farshore-health.php';

try {
	$farshore_settings = Farshore_Settings::load();
	$farshore_endpoint = Farshore_Endpoint::read( $farshore_settings->endpoint_file() );
} catch ( Farshore_Bad_Settings $farshore_bad ) {
	error_log( 'farshore: ' . $farshore_bad->getMessage() ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	farshore_health_answer( false );
}
if ( null === $farshore_endpoint ) {
	farshore_health_answer( false );
}
header( 'X-Region: ' . $farshore_endpoint->region );
header( 'X-Epoch: ' . $farshore_endpoint->epoch );
$farshore_public = array(
	'role'   => $farshore_endpoint->role,
	'epoch'  => $farshore_endpoint->epoch,
	'region' => $farshore_endpoint->region,
);
if ( isset( $_GET['shallow'] ) ) { // phpcs:ignore WordPress.Security.NonceVerification
	farshore_health_answer( true, $farshore_public );
}
$farshore_wp_config = farshore_wp_config( $farshore_settings );
if ( null === $farshore_wp_config ) {
	error_log( 'farshore: the health check finds no wp-config.php; write its place as `wp_config` in ' . Farshore_Settings::file() ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	farshore_health_answer( false, $farshore_public );
}

$table_prefix = 'wp_'; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
define( 'ABSPATH', __DIR__ . '/farshore/health/' );
require $farshore_wp_config;

$farshore_state  = Farshore_State::current() ?? new Farshore_State( $farshore_settings, $farshore_endpoint );
$farshore_health = new Farshore_Health( $farshore_state, (string) $table_prefix );
$farshore_token  = $farshore_settings->check_token();
$farshore_given  = (string) ( $_SERVER['HTTP_X_FARSHORE_TOKEN'] ?? '' ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput
if ( '' !== $farshore_token && hash_equals( hash( 'sha256', $farshore_token ), hash( 'sha256', $farshore_given ) ) ) {
	$farshore_facts = $farshore_health->look();
	farshore_health_answer( $farshore_facts['ok'], $farshore_facts );
}
farshore_health_answer( $farshore_health->is_ok(), $farshore_public );
