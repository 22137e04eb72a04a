<?php
/**
 * What Debian's wp-config.php includes: the same on every app server, but for what the endpoint file says.
 *
 * Secrets come from the settings that the server was built with. Both regions are given the same, or every cart
 * and every login would be lost on the way.
 *
 * @package lab-commerce
 */

$lab_settings = json_decode( (string) file_get_contents( '/etc/shop/settings.json' ), true, 8, JSON_THROW_ON_ERROR );

if ( is_file( '/usr/share/farshore/wordpress/config.php' ) ) {
	require '/usr/share/farshore/wordpress/config.php';
}
if ( ! defined( 'DB_HOST' ) ) {
	$lab_endpoint = json_decode( (string) @file_get_contents( '/run/farshore/endpoint.json' ), true );
	if ( ! isset( $lab_endpoint['host'], $lab_endpoint['port'] ) ) {
		http_response_code( 503 );
		header( 'Retry-After: 5' );
		echo "This server has not been told which database to use.\n";
		exit( 1 );
	}
	define( 'DB_HOST', $lab_endpoint['host'] . ':' . $lab_endpoint['port'] );
}

define( 'DB_NAME', $lab_settings['database'] );
define( 'DB_USER', $lab_settings['user'] );
define( 'DB_PASSWORD', $lab_settings['password'] );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
if ( ! defined( 'MYSQL_CLIENT_FLAGS' ) ) {
	define( 'MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL );
}
foreach ( array( 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ) as $lab_key ) {
	if ( ! defined( $lab_key ) ) {
		define( $lab_key, hash_hmac( 'sha256', $lab_key, $lab_settings['secret'] ) );
	}
}

define( 'WP_HOME', 'https://' . $lab_settings['domain'] );
define( 'WP_SITEURL', WP_HOME );
if ( ! defined( 'DISABLE_WP_CRON' ) ) {
	define( 'DISABLE_WP_CRON', true );
}
// A lab has no internet: without this each page of the dashboard waits for it.
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISALLOW_FILE_MODS', true );

unset( $lab_settings, $lab_endpoint, $lab_key );
