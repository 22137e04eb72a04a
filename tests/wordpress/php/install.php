<?php
// Installs the test shop. Standard input: {"shop": the shop's plugin, or nothing}. The last line printed is JSON.
error_reporting( E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING );
$order   = json_decode( stream_get_contents( STDIN ), true );
$content = '/srv/wp/wp-content';
foreach ( array( 'mu-plugins', 'plugins', 'themes/plain', 'uploads' ) as $folder ) {
	is_dir( "$content/$folder" ) || mkdir( "$content/$folder", 0755, true );
}
copy( __DIR__ . '/theme/style.css', "$content/themes/plain/style.css" );
copy( __DIR__ . '/theme/index.php', "$content/themes/plain/index.php" );
@unlink( '/srv/wp/wp-config.php' );
copy( __DIR__ . '/wp-config.php', '/srv/wp/wp-config.php' );
symlink( '/usr/share/farshore/wordpress/farshore.php', "$content/mu-plugins/farshore.php" );
symlink( __DIR__ . '/probe.php', "$content/mu-plugins/probe.php" );

define( 'WP_INSTALLING', true );
$_SERVER += array( 'HTTP_HOST' => 'shop.test', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1' );
require '/srv/wp/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
add_filter( 'pre_wp_mail', '__return_false' );
wp_install( 'Harbour Goods', 'admin', 'admin@shop.test', true, '', 'harbour-light' );
switch_theme( 'plain' );
update_option( 'permalink_structure', '/%postname%/' );
update_option( 'active_plugins', array() );
flush_rewrite_rules( false );
$post = wp_insert_post( array( 'post_title' => 'Hello', 'post_status' => 'publish', 'comment_status' => 'open' ) );
echo "\n", json_encode( array( 'wordpress' => get_bloginfo( 'version' ), 'post' => $post, 'shop' => $order['shop'] ) ), "\n";
