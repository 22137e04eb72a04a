<?php
/**
 * The functions that other plugins call by their names in WooCommerce.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Errors go where PHP's go. */
class WC_Logger {
	public function log( $level, $message, $context = array() ) {
		$error = $context['error'] ?? null;
		error_log( "lab-commerce $level: $message" . ( $error instanceof Throwable ? ' ' . $error->getMessage() : '' ) ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}

	public function __call( $level, $arguments ) {
		$this->log( $level, $arguments[0] ?? '', $arguments[1] ?? array() );
	}
}

function wc_get_logger() {
	static $logger = null;
	$logger        = $logger ?? new WC_Logger();
	return $logger;
}

function wc_get_order( $the_order = false ) {
	if ( $the_order instanceof WC_Abstract_Order ) {
		return $the_order;
	}
	$id   = $the_order instanceof WP_Post ? $the_order->ID : absint( $the_order );
	$type = $id ? lab_order_store()->type_of( $id ) : null;
	try {
		return null === $type ? false : ( 'shop_order_refund' === $type ? new WC_Order_Refund( $id ) : new WC_Order( $id ) );
	} catch ( Exception $e ) {
		return false;
	}
}

function wc_get_order_id_by_order_key( $order_key ) {
	return lab_order_store()->get_order_id_by_order_key( $order_key );
}

function wc_get_orders( $args = array() ) {
	$query         = wp_parse_args( $args, array( 'type' => 'shop_order', 'limit' => get_option( 'posts_per_page' ), 'return' => 'objects' ) );
	$query['type'] = is_array( $query['type'] ) ? reset( $query['type'] ) : $query['type'];
	if ( isset( $query['order_key'] ) ) {
		$ids = array_filter( array( wc_get_order_id_by_order_key( $query['order_key'] ) ) );
	} else {
		$ids = lab_order_store()->find( $query );
	}
	return 'ids' === $query['return'] ? $ids : array_values( array_filter( array_map( 'wc_get_order', $ids ) ) );
}

function wc_create_order( $args = array() ) {
	$order = new WC_Order( $args['order_id'] ?? 0 );
	foreach ( array( 'status', 'customer_id', 'customer_note', 'created_via', 'cart_hash' ) as $prop ) {
		if ( isset( $args[ $prop ] ) ) {
			$order->{"set_$prop"}( $args[ $prop ] );
		}
	}
	$order->save();
	return $order;
}

function wc_get_order_notes( $args ) {
	remove_filter( 'comments_clauses', 'lab_hide_order_notes' );
	$comments = get_comments( array( 'post_id' => $args['order_id'], 'type' => 'order_note', 'orderby' => 'comment_ID', 'order' => 'DESC' ) );
	add_filter( 'comments_clauses', 'lab_hide_order_notes' );
	$shape = fn ( $comment ) => (object) array( 'id' => (int) $comment->comment_ID, 'date_created' => lab_moment( $comment->comment_date_gmt ), 'content' => $comment->comment_content, 'customer_note' => (bool) get_comment_meta( $comment->comment_ID, 'is_customer_note', true ), 'added_by' => 'WooCommerce' === $comment->comment_author ? 'system' : $comment->comment_author, 'order_id' => (int) $comment->comment_post_ID );
	return array_map( $shape, $comments );
}

/** Notes of orders are no comments of visitors. */
function lab_hide_order_notes( $clauses ) {
	$clauses['where'] .= ( $clauses['where'] ? ' AND ' : '' ) . " comment_type != 'order_note' ";
	return $clauses;
}
add_filter( 'comments_clauses', 'lab_hide_order_notes' );

function wc_generate_order_key( $key = '' ) {
	return 'wc_' . apply_filters( 'woocommerce_generate_order_key', 'order_' . ( $key ? $key : wp_generate_password( 13, false ) ) );
}

function wc_get_order_statuses() {
	return apply_filters( 'wc_order_statuses', array( 'wc-pending' => 'Pending payment', 'wc-processing' => 'Processing', 'wc-on-hold' => 'On hold', 'wc-completed' => 'Completed', 'wc-cancelled' => 'Cancelled', 'wc-refunded' => 'Refunded', 'wc-failed' => 'Failed' ) );
}

function wc_get_is_paid_statuses() {
	return apply_filters( 'woocommerce_order_is_paid_statuses', array( 'processing', 'completed' ) );
}

function wc_get_order_types( $for = '' ) {
	return array( 'shop_order', 'shop_order_refund' );
}

function wc_format_decimal( $number, $dp = false, $trim_zeros = false ) {
	$number = is_string( $number ) ? trim( $number ) : $number;
	return '' === $number || null === $number ? '' : ( false === $dp || '' === $dp ? (string) ( 0 + (float) $number ) : number_format( (float) $number, (int) $dp, '.', '' ) );
}

function wc_string_to_bool( $value ) {
	return is_bool( $value ) ? $value : in_array( strtolower( (string) $value ), array( 'yes', 'true', '1' ), true );
}

function wc_bool_to_string( $value ) {
	return wc_string_to_bool( $value ) ? 'yes' : 'no';
}

function wc_clean( $value ) {
	return is_array( $value ) ? array_map( 'wc_clean', $value ) : ( is_scalar( $value ) ? sanitize_text_field( (string) $value ) : $value );
}

function wc_price( $price, $args = array() ) {
	return '<span class="woocommerce-Price-amount amount"><bdi>$' . number_format( (float) $price, 2 ) . '</bdi></span>';
}

function wc_get_price_decimals() {
	return 2;
}

function get_woocommerce_currency() { // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals
	return apply_filters( 'woocommerce_currency', get_option( 'woocommerce_currency', 'USD' ) );
}

function wc_get_page_id( $page ) {
	return (int) get_option( "woocommerce_{$page}_page_id", -1 );
}

function wc_get_page_permalink( $page, $fallback = null ) {
	$id = wc_get_page_id( $page );
	return $id > 0 ? get_permalink( $id ) : ( $fallback ?? home_url( '/' ) );
}

function wc_get_cart_url() {
	return wc_get_page_permalink( 'cart' );
}

function wc_get_checkout_url() {
	return wc_get_page_permalink( 'checkout' );
}

function wc_get_endpoint_url( $endpoint, $value = '', $permalink = '' ) {
	return trailingslashit( $permalink ) . trailingslashit( $value ? "$endpoint/$value" : $endpoint );
}

function is_cart() { // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals
	return is_page( wc_get_page_id( 'cart' ) );
}

function is_checkout() { // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals
	return is_page( wc_get_page_id( 'checkout' ) ) || defined( 'WOOCOMMERCE_CHECKOUT' );
}

function wc_add_notice( $message, $notice_type = 'success', $data = array() ) {
	if ( ! WC()->session ) {
		return;
	}
	$notices                   = WC()->session->get( 'wc_notices', array() );
	$notices[ $notice_type ][] = array( 'notice' => apply_filters( "woocommerce_add_$notice_type", $message ), 'data' => $data );
	WC()->session->set( 'wc_notices', $notices );
}

function wc_get_notices( $notice_type = '' ) {
	$notices = WC()->session ? WC()->session->get( 'wc_notices', array() ) : array();
	return $notice_type ? ( $notices[ $notice_type ] ?? array() ) : $notices;
}

function wc_notice_count( $notice_type = '' ) {
	return $notice_type ? count( wc_get_notices( $notice_type ) ) : array_sum( array_map( 'count', wc_get_notices() ) );
}

function wc_clear_notices() {
	if ( WC()->session ) {
		WC()->session->set( 'wc_notices', null );
	}
}

function wc_print_notices( $return = false ) {
	$html = '';
	foreach ( wc_get_notices() as $type => $notices ) {
		foreach ( $notices as $notice ) {
			$html .= '<div class="woocommerce-' . esc_attr( $type ) . '" role="alert">' . wp_kses_post( $notice['notice'] ) . '</div>';
		}
	}
	wc_clear_notices();
	if ( $return ) {
		return $html;
	}
	echo $html; // phpcs:ignore WordPress.Security.EscapeOutput
}

function wc_print_notice( $message, $notice_type = 'success' ) {
	echo '<div class="woocommerce-' . esc_attr( $notice_type ) . '" role="alert">' . wp_kses_post( $message ) . '</div>';
}

function wc_empty_cart() {
	if ( WC()->cart ) {
		WC()->cart->empty_cart();
	}
}

function wc_maybe_define_constant( $name, $value ) {
	if ( ! defined( $name ) ) {
		define( $name, $value );
	}
}
