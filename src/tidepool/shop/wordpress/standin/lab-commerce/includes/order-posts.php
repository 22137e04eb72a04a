<?php
/**
 * Orders among WordPress's posts, as the real one keeps them with HPOS off; and what both places share.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** HPOS off. */
class Lab_Order_Posts implements Lab_Order_Store {
	/** property => meta key */
	private const META = array( 'order_key' => '_order_key', 'customer_id' => '_customer_user', 'payment_method' => '_payment_method', 'payment_method_title' => '_payment_method_title', 'transaction_id' => '_transaction_id', 'customer_ip_address' => '_customer_ip_address', 'customer_user_agent' => '_customer_user_agent', 'created_via' => '_created_via', 'date_completed' => '_date_completed', 'date_paid' => '_date_paid', 'cart_hash' => '_cart_hash', 'download_permissions_granted' => '_download_permissions_granted', 'recorded_sales' => '_recorded_sales', 'recorded_coupon_usage_counts' => '_recorded_coupon_usage_counts', 'new_order_email_sent' => '_new_order_email_sent', 'order_stock_reduced' => '_order_stock_reduced', 'currency' => '_order_currency', 'discount_total' => '_cart_discount', 'discount_tax' => '_cart_discount_tax', 'shipping_total' => '_order_shipping', 'shipping_tax' => '_order_shipping_tax', 'cart_tax' => '_order_tax', 'total' => '_order_total', 'version' => '_order_version', 'prices_include_tax' => '_prices_include_tax' );

	private function keys( WC_Abstract_Order $order ): array {
		$keys = self::META;
		foreach ( WC_Order::ADDRESS as $field ) {
			$keys[ "billing_$field" ]  = "_billing_$field";
			$keys[ "shipping_$field" ] = "_shipping_$field";
		}
		return array_intersect_key( $keys, $order->get_data() );
	}

	public function read( WC_Abstract_Order $order ): bool {
		$post = get_post( $order->get_id() );
		if ( ! $post || $post->post_type !== $order->get_type() ) {
			return false;
		}
		$props = array(
			'status'        => preg_replace( '/^wc-/', '', $post->post_status ),
			'parent_id'     => (int) $post->post_parent,
			'date_created'  => $post->post_date_gmt,
			'date_modified' => $post->post_modified_gmt,
			'customer_note' => $post->post_excerpt,
		);
		foreach ( $this->keys( $order ) as $prop => $key ) {
			$props[ $prop ] = get_post_meta( $post->ID, $key, true );
		}
		$order->load_props( array_intersect_key( $props, $order->get_data() ) );
		if ( 'shop_order_refund' === $order->get_type() ) {
			lab_load_refund( $order );
		}
		return true;
	}

	public function create( &$order ) {
		lab_before_first_save( $order );
		$moment = lab_gmt( $order->get_date_created( 'edit' ) );
		$id     = wp_insert_post(
			apply_filters(
				'woocommerce_new_order_data',
				array(
					'post_date'     => get_date_from_gmt( $moment ),
					'post_date_gmt' => $moment,
					'post_type'     => $order->get_type(),
					'post_status'   => lab_stored_status( $order->get_status() ),
					'ping_status'   => 'closed',
					'post_author'   => 1,
					'post_title'    => 'Order &ndash; ' . $moment,
					'post_password' => 'shop_order' === $order->get_type() && $order->get_order_key() ? $order->get_order_key() : wc_generate_order_key(),
					'post_parent'   => $order->get_parent_id( 'edit' ),
					'post_excerpt'  => 'shop_order' === $order->get_type() ? $order->get_customer_note( 'edit' ) : '',
				)
			),
			true
		);
		if ( ! $id || is_wp_error( $id ) ) {
			return; // As the real one: no exception, and an order with id 0.
		}
		$order->set_id( $id );
		$this->write_props( $order, $this->keys( $order ) );
		if ( 'shop_order' === $order->get_type() ) {
			do_action( 'woocommerce_new_order', $id, $order );
		}
	}

	public function update( &$order ) {
		$order->set_date_modified( time() );
		$changes = $order->get_changes();
		$post    = array( 'ID' => $order->get_id(), 'post_status' => lab_stored_status( $order->get_status( 'edit' ) ), 'post_parent' => $order->get_parent_id( 'edit' ) );
		if ( array_key_exists( 'customer_note', $changes ) ) {
			$post['post_excerpt'] = $changes['customer_note'];
		}
		if ( ! empty( $changes['date_created'] ) ) {
			$post['post_date_gmt'] = lab_gmt( $changes['date_created'] );
			$post['post_date']     = get_date_from_gmt( $post['post_date_gmt'] );
		}
		wp_update_post( $post );
		$this->write_props( $order, array_intersect_key( $this->keys( $order ), $changes ) );
		do_action( 'shop_order' === $order->get_type() ? 'woocommerce_update_order' : 'woocommerce_update_order_refund', $order->get_id(), $order );
	}

	/** One statement for each, committed by itself. */
	private function write_props( $order, array $keys ): void {
		foreach ( $keys as $prop => $key ) {
			$value = $order->{"get_$prop"}( 'edit' );
			if ( $value instanceof WC_DateTime ) {
				$value = (string) $value->getTimestamp();
			} elseif ( is_bool( $value ) ) {
				$value = $value ? 'yes' : 'no';
			}
			update_post_meta( $order->get_id(), $key, $value ?? '' );
		}
		$order->save_meta_data();
		$order->apply_changes();
	}

	public function delete( int $id ): void {
		wp_delete_post( $id, true );
	}

	public function read_meta_rows( int $id ): array {
		global $wpdb;
		$own = array_merge( self::META, array( '_edit_lock' ) );
		return array_filter(
			lab_read_meta( $wpdb->postmeta, 'post_id', 'meta_id', $id ),
			fn ( $row ) => ! in_array( $row->meta_key, $own, true ) && ! preg_match( '/^_(billing|shipping)_/', $row->meta_key )
		);
	}

	public function write_meta_row( int $id, WC_Meta_Data $meta ): int {
		global $wpdb;
		$written = lab_write_meta( $wpdb->postmeta, 'post_id', 'meta_id', $id, $meta );
		wp_cache_delete( $id, 'post_meta' );
		return $written;
	}

	public function get_order_id_by_order_key( $key ) {
		global $wpdb;
		return (int) $wpdb->get_var( $wpdb->prepare( "SELECT post_id FROM $wpdb->postmeta WHERE meta_key = '_order_key' AND meta_value = %s", $key ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	public function find( array $query ): array {
		global $wpdb;
		$where  = $wpdb->prepare( 'post_type = %s', $query['type'] );
		$where .= isset( $query['parent'] ) ? $wpdb->prepare( ' AND post_parent = %d', $query['parent'] ) : '';
		foreach ( array( 'customer_id' => '_customer_user', 'billing_email' => '_billing_email', 'transaction_id' => '_transaction_id' ) as $key => $meta ) {
			$where .= isset( $query[ $key ] ) ? $wpdb->prepare( " AND ID IN (SELECT post_id FROM $wpdb->postmeta WHERE meta_key = %s AND meta_value = %s)", $meta, $query[ $key ] ) : ''; // phpcs:ignore WordPress.DB.PreparedSQL
		}
		$where .= lab_status_condition( 'post_status', $query );
		$limit  = $query['limit'] > 0 ? ' LIMIT ' . (int) $query['limit'] : '';
		return array_map( 'intval', $wpdb->get_col( "SELECT ID FROM $wpdb->posts WHERE $where ORDER BY ID DESC$limit" ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	public function type_of( int $id ): ?string {
		$type = get_post_type( $id );
		return in_array( $type, array( 'shop_order', 'shop_order_refund' ), true ) ? $type : null;
	}

	public function get_stock_reduced( $order ) {
		$id = $order instanceof WC_Order ? $order->get_id() : (int) $order;
		return wc_string_to_bool( get_post_meta( $id, '_order_stock_reduced', true ) );
	}

	public function set_stock_reduced( $order, $set ) {
		lab_set_flag( $order, 'order_stock_reduced', $set );
	}
}

/** Where orders live now. */
function lab_order_store(): Lab_Order_Store {
	static $stores = array();
	$class            = Automattic\WooCommerce\Utilities\OrderUtil::custom_orders_table_usage_is_enabled() ? 'Lab_Order_Tables' : 'Lab_Order_Posts';
	$stores[ $class ] = $stores[ $class ] ?? new $class();
	return $stores[ $class ];
}

/** What every order has from its first row on, unless whoever made it said otherwise. */
function lab_before_first_save( WC_Abstract_Order $order ): void {
	if ( 'shop_order' === $order->get_type() && '' === $order->get_order_key( 'edit' ) ) {
		$order->set_order_key( wc_generate_order_key() );
	}
	$order->set_version( WC_VERSION );
	$order->set_currency( $order->get_currency( 'edit' ) ? $order->get_currency( 'edit' ) : get_woocommerce_currency() );
	if ( ! $order->get_date_created( 'edit' ) ) {
		$order->set_date_created( time() );
	}
	$order->set_date_modified( time() );
	if ( '' === $order->get_status( 'edit' ) ) {
		$order->load_props( array( 'status' => $order->get_status() ) );
	}
}

/** In the database most have a prefix. */
function lab_stored_status( string $status ): string {
	return isset( wc_get_order_statuses()[ "wc-$status" ] ) || 'checkout-draft' === $status ? "wc-$status" : $status;
}

/** Part of a WHERE. */
function lab_status_condition( string $column, array $query ): string {
	global $wpdb;
	if ( empty( $query['status'] ) || 'any' === $query['status'] ) {
		return '';
	}
	$wanted = array_map( fn ( $status ) => $wpdb->prepare( '%s', lab_stored_status( preg_replace( '/^wc-/', '', $status ) ) ), (array) $query['status'] );
	return " AND $column IN (" . implode( ', ', $wanted ) . ')';
}

/** A flag of an order that may be in memory, in the database or both. */
function lab_set_flag( $order, string $flag, $value ): void {
	$found = $order instanceof WC_Order ? $order : wc_get_order( $order );
	if ( $found ) {
		$found->{"set_$flag"}( $value );
		$found->save();
	}
}
