<?php
/**
 * Plugin Name: Lab Commerce
 * Description: Stands in for WooCommerce in tests, where the real one is not to be had. Never for a real shop.
 * Version: 11.0.1
 * Requires PHP: 8.1
 * License: Apache-2.0
 *
 * It keeps what matters to a failover, as measured on WooCommerce 7.9 to 11.0: the hooks of a checkout with their order and
 * arguments, the tables' shapes, orders as many autocommitted statements, silent write errors, ids from a shared
 * counter, random order keys, stock by relative update, and which exceptions are swallowed. It leaves out what does not:
 * taxes, shipping rates, coupons, reports, the dashboard.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

if ( class_exists( 'WooCommerce', false ) ) {
	return; // The real one is here.
}

define( 'LAB_COMMERCE', '1' );
define( 'WC_VERSION', '11.0.1' ); // The release whose hooks are played.
define( 'WC_PLUGIN_FILE', __FILE__ );
define( 'WC_ABSPATH', __DIR__ . '/' );

foreach ( array( 'woocommerce', 'namespaced', 'data', 'items', 'order', 'order-shop', 'order-tables', 'order-posts', 'product', 'stock', 'functions', 'refunds', 'emails', 'session', 'cart', 'gateways', 'checkout', 'store-api', 'store-api-checkout', 'rest-orders', 'pages', 'schema', 'scheduler' ) as $lab_part ) {
	require __DIR__ . "/includes/$lab_part.php";
}
unset( $lab_part );

$GLOBALS['woocommerce'] = WC();
