<?php
/**
 * The tables, with the shapes and keys of the real ones.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Makes what is missing. Runs when the plugin is activated; doing it again changes nothing. */
function lab_commerce_install(): void {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	dbDelta( lab_schema() );
	add_option( 'woocommerce_queue_flush_rewrite_rules', 'yes' );
	update_option( 'woocommerce_version', WC_VERSION );
	update_option( 'woocommerce_db_version', WC_VERSION );
	foreach ( array( 'woocommerce_currency' => 'USD', 'woocommerce_manage_stock' => 'yes', 'woocommerce_hold_stock_minutes' => '60', 'woocommerce_custom_orders_table_enabled' => 'no', 'woocommerce_custom_orders_table_data_sync_enabled' => 'no' ) as $name => $value ) {
		add_option( $name, $value );
	}
}

/** Two spaces before the key's columns: dbDelta reads by regular expressions. */
function lab_schema(): string {
	global $wpdb;
	$p       = $wpdb->prefix;
	$collate = $wpdb->get_charset_collate();
	$tables  = array(
		'woocommerce_sessions'       => 'session_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
session_key char(32) NOT NULL,
session_value longtext NOT NULL,
session_expiry BIGINT UNSIGNED NOT NULL,
PRIMARY KEY  (session_id),
UNIQUE KEY session_key (session_key),
KEY session_expiry (session_expiry)',
		'woocommerce_order_items'    => 'order_item_id BIGINT UNSIGNED NOT NULL auto_increment,
order_item_name TEXT NOT NULL,
order_item_type varchar(200) NOT NULL DEFAULT \'\',
order_id BIGINT UNSIGNED NOT NULL,
PRIMARY KEY  (order_item_id),
KEY order_id (order_id)',
		'woocommerce_order_itemmeta' => 'meta_id BIGINT UNSIGNED NOT NULL auto_increment,
order_item_id BIGINT UNSIGNED NOT NULL,
meta_key varchar(255) default NULL,
meta_value longtext NULL,
PRIMARY KEY  (meta_id),
KEY order_item_id (order_item_id),
KEY meta_key (meta_key(32))',
		'wc_orders'                  => 'id bigint(20) unsigned,
status varchar(20) null,
currency varchar(10) null,
type varchar(20) null,
tax_amount decimal(26,8) null,
total_amount decimal(26,8) null,
customer_id bigint(20) unsigned null,
billing_email varchar(320) null,
date_created_gmt datetime null,
date_updated_gmt datetime null,
parent_order_id bigint(20) unsigned null,
payment_method varchar(100) null,
payment_method_title text null,
transaction_id varchar(100) null,
ip_address varchar(100) null,
user_agent text null,
customer_note text null,
PRIMARY KEY  (id),
KEY status (status),
KEY date_created (date_created_gmt),
KEY customer_id_billing_email (customer_id,billing_email(171)),
KEY billing_email (billing_email(191)),
KEY type_status_date (type,status,date_created_gmt),
KEY parent_order_id (parent_order_id),
KEY date_updated (date_updated_gmt)',
		'wc_order_addresses'         => 'id bigint(20) unsigned auto_increment not null,
order_id bigint(20) unsigned not null,
address_type varchar(20) null,
first_name text null,
last_name text null,
company text null,
address_1 text null,
address_2 text null,
city text null,
state text null,
postcode text null,
country text null,
email varchar(320) null,
phone varchar(100) null,
PRIMARY KEY  (id),
KEY order_id (order_id),
UNIQUE KEY address_type_order_id (address_type,order_id),
KEY email (email(191)),
KEY phone (phone)',
		'wc_order_operational_data'  => 'id bigint(20) unsigned auto_increment not null,
order_id bigint(20) unsigned null,
created_via varchar(100) null,
woocommerce_version varchar(20) null,
prices_include_tax tinyint(1) null,
coupon_usages_are_counted tinyint(1) null,
download_permission_granted tinyint(1) null,
cart_hash varchar(100) null,
new_order_email_sent tinyint(1) null,
order_key varchar(100) null,
order_stock_reduced tinyint(1) null,
date_paid_gmt datetime null,
date_completed_gmt datetime null,
shipping_tax_amount decimal(26,8) null,
shipping_total_amount decimal(26,8) null,
discount_tax_amount decimal(26,8) null,
discount_total_amount decimal(26,8) null,
recorded_sales tinyint(1) null,
PRIMARY KEY  (id),
UNIQUE KEY order_id (order_id),
KEY order_key (order_key)',
		'wc_orders_meta'             => 'id bigint(20) unsigned auto_increment not null,
order_id bigint(20) unsigned null,
meta_key varchar(255),
meta_value text null,
PRIMARY KEY  (id),
KEY meta_key_value (meta_key(100),meta_value(82)),
KEY order_id_meta_key_meta_value (order_id,meta_key(100),meta_value(82))',
		'wc_reserved_stock'          => '`order_id` bigint(20) NOT NULL,
`product_id` bigint(20) NOT NULL,
`stock_quantity` double NOT NULL DEFAULT 0,
`timestamp` datetime NOT NULL DEFAULT \'0000-00-00 00:00:00\',
`expires` datetime NOT NULL DEFAULT \'0000-00-00 00:00:00\',
PRIMARY KEY  (`order_id`,`product_id`)',
		'wc_product_meta_lookup'     => '`product_id` bigint(20) NOT NULL,
`sku` varchar(100) NULL default \'\',
`virtual` tinyint(1) NULL default 0,
`downloadable` tinyint(1) NULL default 0,
`min_price` decimal(19,4) NULL default NULL,
`max_price` decimal(19,4) NULL default NULL,
`onsale` tinyint(1) NULL default 0,
`stock_quantity` double NULL default NULL,
`stock_status` varchar(100) NULL default \'instock\',
`rating_count` bigint(20) NULL default 0,
`average_rating` decimal(3,2) NULL default 0.00,
`total_sales` bigint(20) NULL default 0,
`tax_status` varchar(100) NULL default \'taxable\',
`tax_class` varchar(100) NULL default \'\',
PRIMARY KEY  (`product_id`),
KEY `stock_status` (`stock_status`),
KEY `stock_quantity` (`stock_quantity`)',
	) + lab_scheduler_schema();
	$text    = '';
	foreach ( $tables as $name => $columns ) {
		$text .= "CREATE TABLE {$p}$name (\n$columns\n) ENGINE=InnoDB $collate;\n";
	}
	return $text;
}
