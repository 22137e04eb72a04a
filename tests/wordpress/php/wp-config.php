<?php
// The test shop's wp-config.php: as a user's, with our line near its top.
require '/usr/share/farshore/wordpress/config.php';

define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'shop' );
define( 'DB_PASSWORD', 'secret' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ) as $name ) {
	define( $name, hash( 'sha256', $name ) );
}
define( 'WP_HOME', 'http://shop.test' );
define( 'WP_SITEURL', WP_HOME );
define( 'WP_CONTENT_DIR', '/srv/wp/wp-content' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISALLOW_FILE_MODS', true );
$_SERVER['HTTP_HOST'] = $_SERVER['HTTP_HOST'] ?? 'shop.test';
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', '/srv/wp/' );
}
require_once ABSPATH . 'wp-settings.php';
