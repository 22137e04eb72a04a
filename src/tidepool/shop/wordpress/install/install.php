<?php
/**
 * Installs WordPress and its shop without wp-cli: `php install.php core|activate|stock`, the order as JSON on standard input.
 *
 * Each step in a process of its own, because WooCommerce has to be loaded by WordPress before it can be used. Doing a step
 * again changes nothing. The last line of standard output is JSON.
 *
 * @package lab-commerce
 */

if ( 'cli' !== PHP_SAPI ) {
	exit( 1 );
}
$lab_step  = $argv[1] ?? '';
$lab_order = json_decode( (string) stream_get_contents( STDIN ), true, 8, JSON_THROW_ON_ERROR );

// Debian's wp-config.php wants to know whose shop this is.
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = $lab_order['domain'];

// The must-use plugin guards a shop that runs; there is none yet, and no permit either.
define( 'WPMU_PLUGIN_DIR', '/nonexistent' );
if ( 'core' === $lab_step ) {
	define( 'WP_INSTALLING', true );
}
require '/usr/share/wordpress/wp-load.php';

/** Nobody is told by mail that a lab has a new blog. */
add_filter( 'pre_wp_mail', '__return_false' );

/**
 * WordPress itself: tables, the administrator, addresses.
 *
 * @param array $order What to install.
 * @return array
 */
function lab_install_core( array $order ): array {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	if ( ! is_blog_installed() ) {
		wp_install( 'Harbour Goods', 'admin', 'admin@' . $order['domain'], true, '', wp_slash( $order['admin_password'] ) );
	}
	$theme = wp_get_theme( 'twentytwentyone' );
	if ( $theme->exists() ) {
		switch_theme( 'twentytwentyone' );
	}
	update_option( 'permalink_structure', '/%postname%/' );
	update_option( 'timezone_string', 'UTC' );
	update_option( 'blogdescription', 'Things for the far shore' );
	return array( 'wordpress' => get_bloginfo( 'version' ) );
}

/**
 * The shop's plugin, as the dashboard would activate it.
 *
 * @param array $order What to install.
 * @return array
 */
function lab_install_activate( array $order ): array {
	require_once ABSPATH . 'wp-admin/includes/plugin.php';
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	// Installing while nobody looks must not send the first visitor into the wizard, nor leave the shop "coming soon".
	add_option( 'woocommerce_onboarding_profile', array( 'skipped' => true ) );
	add_option( 'woocommerce_coming_soon', 'no' );
	$failed = activate_plugin( $order['plugin'] );
	if ( is_wp_error( $failed ) ) {
		fwrite( STDERR, $order['plugin'] . ': ' . wp_strip_all_tags( $failed->get_error_message() ) . "\n" );
		exit( 1 );
	}
	return array();
}

/**
 * Options, pages, gateway, order tables and products.
 *
 * @param array $order What to install.
 * @return array
 */
function lab_install_stock( array $order ): array {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	foreach ( lab_install_options() as $name => $value ) {
		update_option( $name, $value );
	}
	delete_transient( '_wc_activation_redirect' );
	$hpos = lab_install_order_tables( $order['hpos'] );
	lab_install_pages();
	$ids = array();
	foreach ( $order['products'] as list( $name, $price ) ) {
		$ids[] = lab_install_product( $name, $price, (int) $order['stock'] );
	}
	flush_rewrite_rules( false );
	$plugin = defined( 'LAB_COMMERCE' ) ? 'stand-in ' . WC_VERSION : 'WooCommerce ' . WC_VERSION;
	return array(
		'products'    => $ids,
		'hpos'        => $hpos,
		'shop_plugin' => $plugin,
	);
}

/** No taxes, no shipping, guests welcome, cash on delivery: what is tested is not how a cart is priced. */
function lab_install_options(): array {
	return array(
		'woocommerce_currency'              => 'USD',
		'woocommerce_default_country'       => 'US:NY',
		'woocommerce_store_address'         => '1 Harbour Street',
		'woocommerce_store_city'            => 'New York',
		'woocommerce_store_postcode'        => '10001',
		'woocommerce_calc_taxes'            => 'no',
		'woocommerce_ship_to_countries'     => 'disabled',
		'woocommerce_enable_guest_checkout' => 'yes',
		'woocommerce_manage_stock'          => 'yes',
		'woocommerce_hold_stock_minutes'    => '60',
		'woocommerce_allow_tracking'        => 'no',
		'woocommerce_coming_soon'           => 'no',
		'woocommerce_task_list_hidden'      => 'yes',
		'woocommerce_cod_settings'          => array(
			'enabled'            => 'yes',
			'title'              => 'Cash on delivery',
			'description'        => 'Pay with cash upon delivery.',
			'instructions'       => 'Pay with cash upon delivery.',
			'enable_for_methods' => array(),
			'enable_for_virtual' => 'yes',
		),
	);
}

/**
 * Whether orders live in tables of their own. Activated from a command line, WooCommerce decides nothing by itself.
 *
 * @param bool $hpos What is wanted.
 * @return bool What it is.
 */
function lab_install_order_tables( bool $hpos ): bool {
	$synchronizer = 'Automattic\WooCommerce\Internal\DataStores\Orders\DataSynchronizer';
	if ( ! defined( 'LAB_COMMERCE' ) && class_exists( $synchronizer ) ) {
		wc_get_container()->get( $synchronizer )->create_database_tables();
	}
	update_option( 'woocommerce_feature_custom_order_tables_enabled', $hpos ? 'yes' : 'no' );
	update_option( 'woocommerce_custom_orders_table_data_sync_enabled', 'no' );
	update_option( 'woocommerce_custom_orders_table_enabled', $hpos ? 'yes' : 'no' );
	return 'yes' === get_option( 'woocommerce_custom_orders_table_enabled' );
}

/** The shop's pages; the home page shows what there is to buy. */
function lab_install_pages(): void {
	$pages = array(
		'shop'      => array( 'Shop', '' ),
		'cart'      => array( 'Cart', '[woocommerce_cart]' ),
		'checkout'  => array( 'Checkout', '[woocommerce_checkout]' ),
		'myaccount' => array( 'My account', '[woocommerce_my_account]' ),
		'home'      => array( 'Things for the far shore', '[products limit="20" columns="4" orderby="id" order="ASC"]' ),
	);
	foreach ( $pages as $key => list( $title, $content ) ) {
		$slug = 'myaccount' === $key ? 'my-account' : $key;
		$page = get_page_by_path( $slug );
		$id   = $page ? $page->ID : wp_insert_post(
			array(
				'post_type'      => 'page',
				'post_status'    => 'publish',
				'post_name'      => $slug,
				'post_title'     => $title,
				'post_content'   => $content,
				'comment_status' => 'closed',
			)
		);
		if ( 'home' === $key ) {
			update_option( 'show_on_front', 'page' );
			update_option( 'page_on_front', $id );
		} else {
			// Newer releases make a checkout of blocks; the drills post to the classic one, and to the Store API directly.
			wp_update_post( array( 'ID' => $id, 'post_content' => $content ) );
			update_option( "woocommerce_{$key}_page_id", $id );
		}
	}
}

/**
 * One simple product with managed stock.
 *
 * @param string $name  Its name, which also tells whether it is there already.
 * @param string $price In the shop's currency.
 * @param int    $stock How many there are.
 * @return int Its id.
 */
function lab_install_product( string $name, string $price, int $stock ): int {
	$known = get_posts(
		array(
			'post_type'   => 'product',
			'title'       => $name,
			'post_status' => 'publish',
			'numberposts' => 1,
			'fields'      => 'ids',
		)
	);
	if ( $known ) {
		return (int) $known[0];
	}
	$product = new WC_Product_Simple();
	$product->set_name( $name );
	$product->set_regular_price( $price );
	$product->set_manage_stock( true );
	$product->set_stock_quantity( $stock );
	$product->set_status( 'publish' );
	return (int) $product->save();
}

$lab_steps = array(
	'core'     => 'lab_install_core',
	'activate' => 'lab_install_activate',
	'stock'    => 'lab_install_stock',
);
if ( ! isset( $lab_steps[ $lab_step ] ) ) {
	fwrite( STDERR, "install.php: there is no step '$lab_step'; say core, activate or stock.\n" );
	exit( 1 );
}
echo "\n", wp_json_encode( $lab_steps[ $lab_step ]( $lab_order ) ), "\n";
