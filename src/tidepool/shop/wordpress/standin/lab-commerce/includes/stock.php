<?php
/**
 * Stock: reserved while an order is paid, reduced once by a relative update, given back when it is cancelled.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Units that are not there. */
class Lab_Stock_Exception extends Exception {
}

function lab_commerce_stock_hooks(): void {
	foreach ( array( 'woocommerce_payment_complete', 'woocommerce_order_status_completed', 'woocommerce_order_status_processing', 'woocommerce_order_status_on-hold' ) as $hook ) {
		add_action( $hook, 'wc_maybe_reduce_stock_levels' );
		add_action( $hook, 'wc_release_stock_for_order', 11 );
	}
	add_action( 'woocommerce_order_status_cancelled', 'wc_maybe_increase_stock_levels' );
	add_action( 'woocommerce_order_status_pending', 'wc_maybe_increase_stock_levels' );
	add_action( 'woocommerce_order_status_cancelled', 'wc_release_stock_for_order', 11 );
	add_action( 'woocommerce_checkout_order_exception', 'wc_release_stock_for_order' );
	add_action( 'woocommerce_checkout_order_created', 'wc_reserve_stock_for_order' );
}

/** Each product's units for as long as an order may wait for its payment. One statement decides and writes. */
function wc_reserve_stock_for_order( $order, $minutes = 0 ) {
	global $wpdb;
	$order   = $order instanceof WC_Order ? $order : wc_get_order( $order );
	$minutes = $minutes ? $minutes : (int) get_option( 'woocommerce_hold_stock_minutes', 60 );
	if ( ! $order || ! $minutes || 'yes' !== get_option( 'woocommerce_manage_stock' ) ) {
		return;
	}
	$wanted = array();
	foreach ( $order->get_items() as $item ) {
		$product = $item->get_product();
		if ( $product && $product->managing_stock() ) {
			$wanted[ $product->get_id() ] = ( $wanted[ $product->get_id() ] ?? 0 ) + $item->get_quantity();
		}
	}
	foreach ( $wanted as $product_id => $quantity ) {
		$reserved = Automattic\WooCommerce\Utilities\OrderUtil::custom_orders_table_usage_is_enabled()
			? "SELECT COALESCE(SUM(s.stock_quantity), 0) FROM {$wpdb->prefix}wc_reserved_stock s LEFT JOIN {$wpdb->prefix}wc_orders o ON s.order_id = o.id WHERE o.status IN ('wc-checkout-draft', 'wc-pending')"
			: "SELECT COALESCE(SUM(s.stock_quantity), 0) FROM {$wpdb->prefix}wc_reserved_stock s LEFT JOIN $wpdb->posts o ON s.order_id = o.ID WHERE o.post_status IN ('wc-checkout-draft', 'wc-pending')";
		$done     = $wpdb->query(
			$wpdb->prepare(
				"INSERT INTO {$wpdb->prefix}wc_reserved_stock (`order_id`, `product_id`, `stock_quantity`, `timestamp`, `expires`)
				SELECT %d, %d, %d, NOW(), (NOW() + INTERVAL %d MINUTE) FROM DUAL
				WHERE (SELECT COALESCE(MAX(CAST(meta_value AS DECIMAL)), 0) FROM $wpdb->postmeta WHERE meta_key = '_stock' AND post_id = %d FOR UPDATE)
				- ($reserved AND s.expires > NOW() AND s.product_id = %d AND s.order_id != %d LOCK IN SHARE MODE) >= %d
				ON DUPLICATE KEY UPDATE `expires` = VALUES(`expires`), `stock_quantity` = VALUES(`stock_quantity`)", // phpcs:ignore WordPress.DB.PreparedSQL
				$order->get_id(),
				$product_id,
				$quantity,
				$minutes,
				$product_id,
				$product_id,
				$order->get_id(),
				$quantity
			)
		);
		if ( ! $done ) {
			// Misleading, and true to the original: the statement may have failed for any other reason.
			throw new Lab_Stock_Exception( sprintf( 'Not enough units of %s are available in stock to fulfil this order.', get_the_title( $product_id ) ), 403 );
		}
	}
}

function wc_release_stock_for_order( $order ) {
	global $wpdb;
	$id = $order instanceof WC_Order ? $order->get_id() : absint( $order );
	if ( $id ) {
		$wpdb->delete( $wpdb->prefix . 'wc_reserved_stock', array( 'order_id' => $id ) );
	}
}

function wc_maybe_reduce_stock_levels( $order_id ) {
	$order = wc_get_order( $order_id );
	if ( ! $order ) {
		return;
	}
	$reduced = $order->get_data_store()->get_stock_reduced( $order_id );
	if ( ! apply_filters( 'woocommerce_payment_complete_reduce_order_stock', ! $reduced, $order_id ) ) {
		return;
	}
	wc_reduce_stock_levels( $order );
	$order->get_data_store()->set_stock_reduced( $order_id, true );
}

/** Once for each line: the line remembers. */
function wc_reduce_stock_levels( $order_id ) {
	$order = $order_id instanceof WC_Order ? $order_id : wc_get_order( $order_id );
	if ( ! $order || 'yes' !== get_option( 'woocommerce_manage_stock' ) || ! apply_filters( 'woocommerce_can_reduce_order_stock', true, $order ) ) {
		return;
	}
	$changes = array();
	foreach ( $order->get_items() as $item ) {
		$product = $item->get_product();
		if ( $item->get_meta( '_reduced_stock', true ) || ! $product || ! $product->managing_stock() ) {
			continue;
		}
		$quantity = apply_filters( 'woocommerce_order_item_quantity', $item->get_quantity(), $order, $item );
		$now      = wc_update_product_stock( $product, $quantity, 'decrease' );
		$item->add_meta_data( '_reduced_stock', $quantity, true );
		$item->save();
		$changes[] = $product->get_name() . ' ' . ( $now + $quantity ) . '&rarr;' . $now;
	}
	if ( $changes ) {
		$order->add_order_note( 'Stock levels reduced: ' . implode( ', ', $changes ) );
	}
	do_action( 'woocommerce_reduce_order_stock', $order );
}

function wc_maybe_increase_stock_levels( $order_id ) {
	$order = wc_get_order( $order_id );
	if ( $order && $order->get_data_store()->get_stock_reduced( $order_id ) ) {
		wc_increase_stock_levels( $order );
		$order->get_data_store()->set_stock_reduced( $order_id, false );
	}
}

function wc_increase_stock_levels( $order_id ) {
	$order = $order_id instanceof WC_Order ? $order_id : wc_get_order( $order_id );
	foreach ( $order ? $order->get_items() : array() as $item ) {
		$reduced = $item->get_meta( '_reduced_stock', true );
		$product = $item->get_product();
		if ( $reduced && $product && $product->managing_stock() ) {
			wc_update_product_stock( $product, $reduced, 'increase' );
			$item->delete_meta_data( '_reduced_stock' );
			$item->save();
		}
	}
	if ( $order ) {
		do_action( 'woocommerce_restore_order_stock', $order );
	}
}

/** By a relative update, so that two orders at once both count. The new quantity. */
function wc_update_product_stock( $product, $stock_quantity = null, $operation = 'set', $updating = false ) {
	global $wpdb;
	$product = $product instanceof WC_Product ? $product : wc_get_product( $product );
	if ( ! $product ) {
		return false;
	}
	$id   = $product->get_id();
	$sign = array( 'increase' => '+', 'decrease' => '-' );
	do_action( 'woocommerce_product_before_set_stock', $product );
	if ( isset( $sign[ $operation ] ) ) {
		$sql = $wpdb->prepare( "UPDATE $wpdb->postmeta SET meta_value = meta_value {$sign[ $operation ]}%f WHERE post_id = %d AND meta_key = '_stock'", $stock_quantity, $id ); // phpcs:ignore WordPress.DB.PreparedSQL
		$wpdb->query( apply_filters( 'woocommerce_update_product_stock_query', $sql, $id, $stock_quantity, $operation ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	} else {
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->postmeta SET meta_value = %f WHERE post_id = %d AND meta_key = '_stock'", $stock_quantity, $id ) );
	}
	wp_cache_delete( $id, 'post_meta' );
	if ( 'decrease' === $operation ) {
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->postmeta SET meta_value = meta_value + %f WHERE post_id = %d AND meta_key = 'total_sales'", $stock_quantity, $id ) );
		wp_cache_delete( $id, 'post_meta' );
	}
	lab_update_lookup( $id );
	$now = (float) get_post_meta( $id, '_stock', true );
	$product->load_props( array( 'stock_quantity' => $now ) );
	do_action( 'woocommerce_product_set_stock', $product );
	return $now;
}
