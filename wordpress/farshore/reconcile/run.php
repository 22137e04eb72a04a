<?php
/**
 * Says what the shop's database holds of some orders and, when told to, puts them right. Run by the agent, as the
 * web server's user: one JSON document on standard input, one on standard output.
 *
 * Everything that changes is done through WooCommerce, one transaction for each order, and may be repeated.
 *
 * @package Farshore
 */

declare( strict_types=1 );

if ( 'cli' !== PHP_SAPI ) {
	exit( 1 ); // Whoever finds this file over the web finds nothing.
}

ini_set( 'display_errors', 'stderr' ); // phpcs:ignore WordPress.PHP.IniSet -- standard output is JSON and nothing else.
set_time_limit( 0 );
ob_start(); // Plugins that print while they are loaded must not spoil the answer.

require_once __DIR__ . '/class-farshore-reconcile-failure.php';

/**
 * Prints the answer and ends.
 *
 * @param array<string, mixed> $answer What to say.
 * @param int                  $status Exit code.
 */
function farshore_reconcile_answer( array $answer, int $status ): void {
	while ( ob_get_level() > 0 ) {
		ob_end_clean();
	}
	fwrite( STDOUT, (string) json_encode( $answer, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR ) . "\n" );
	fflush( STDOUT );
	exit( $status );
}

/**
 * Where WordPress is: the settings' word, else where Debian and most hosters have it.
 *
 * @throws Farshore_Reconcile_Failure When it is nowhere.
 */
function farshore_reconcile_wordpress(): string {
	$file     = getenv( 'FARSHORE_SETTINGS_FILE' );
	$text     = @file_get_contents( is_string( $file ) && '' !== $file ? $file : '/etc/farshore/wordpress.json' ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
	$settings = false === $text ? array() : json_decode( $text, true );
	$told     = is_array( $settings ) ? ( $settings['wordpress_path'] ?? '' ) : '';
	foreach ( array( $told, '/usr/share/wordpress', '/var/www/html' ) as $folder ) {
		if ( is_string( $folder ) && '' !== $folder && is_file( $folder . '/wp-load.php' ) ) {
			return $folder;
		}
	}
	throw new Farshore_Reconcile_Failure( 'WordPress is not where it was looked for; set wordpress_path in /etc/farshore/wordpress.json.' );
}

try {
	$farshore_asked = json_decode( (string) stream_get_contents( STDIN ), true );
	if ( ! is_array( $farshore_asked ) || ! is_array( $farshore_asked['orders'] ?? null ) ) {
		throw new Farshore_Reconcile_Failure( 'The question is no JSON object with orders.' );
	}
	$farshore_folder = farshore_reconcile_wordpress();
	define( 'FARSHORE_RECONCILING', true );
	define( 'WP_USE_THEMES', false );
	if ( ! defined( 'DISABLE_WP_CRON' ) ) {
		define( 'DISABLE_WP_CRON', true );
	}
	$_SERVER['REQUEST_METHOD'] = 'GET';
	$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
	$_SERVER['REMOTE_ADDR']    = '127.0.0.1';
	$_SERVER['REQUEST_URI']    = '/';
	$_SERVER['HTTP_HOST']      = (string) ( $farshore_asked['host'] ?? 'localhost' );
	$_SERVER['HTTPS']          = 'on';
	require_once $farshore_folder . '/wp-load.php';
	if ( ! function_exists( 'wc_get_order' ) ) {
		throw new Farshore_Reconcile_Failure( 'WooCommerce is not active in this WordPress; activate it and repeat.' );
	}
	foreach ( array( 'property', 'silence', 'view', 'finding', 'order', 'items', 'stock', 'refunds', 'writing', 'transaction', 'acts' ) as $farshore_part ) {
		require_once __DIR__ . "/class-farshore-reconcile-$farshore_part.php";
	}
	farshore_reconcile_answer( ( new Farshore_Reconcile_Acts() )->answer( $farshore_asked ), 0 );
} catch ( Throwable $farshore_error ) {
	farshore_reconcile_answer( array( 'error' => $farshore_error->getMessage() ), 1 );
}
