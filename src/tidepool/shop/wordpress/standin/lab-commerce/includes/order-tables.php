<?php
/**
 * Orders in tables of their own, as the real one keeps them with HPOS on. The id comes from a placeholder among the posts.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** What an order needs of the place where it is kept. */
interface Lab_Order_Store {
	/** Loads the order's properties; false: there is none of this id and type. */
	public function read( WC_Abstract_Order $order ): bool;

	/** Inserts; throws when the order's first row could not be written, which WC_Abstract_Order::save swallows. */
	public function create( &$order );

	public function update( &$order );

	public function delete( int $id ): void;

	public function read_meta_rows( int $id ): array;

	public function write_meta_row( int $id, WC_Meta_Data $meta ): int;

	public function get_order_id_by_order_key( $key );

	/** The ids of orders that match: type, status, parent, customer, limit, and so on. */
	public function find( array $query ): array;

	public function type_of( int $id ): ?string;
}

/** HPOS. */
class Lab_Order_Tables implements Lab_Order_Store {
	/** property => column of wc_orders */
	private const ORDER = array( 'status' => 'status', 'currency' => 'currency', 'total_tax' => 'tax_amount', 'total' => 'total_amount', 'customer_id' => 'customer_id', 'billing_email' => 'billing_email', 'date_created' => 'date_created_gmt', 'date_modified' => 'date_updated_gmt', 'parent_id' => 'parent_order_id', 'payment_method' => 'payment_method', 'payment_method_title' => 'payment_method_title', 'customer_ip_address' => 'ip_address', 'transaction_id' => 'transaction_id', 'customer_user_agent' => 'user_agent', 'customer_note' => 'customer_note' );
	/** property => column of wc_order_operational_data */
	private const OPERATIONAL = array( 'created_via' => 'created_via', 'version' => 'woocommerce_version', 'prices_include_tax' => 'prices_include_tax', 'recorded_coupon_usage_counts' => 'coupon_usages_are_counted', 'download_permissions_granted' => 'download_permission_granted', 'cart_hash' => 'cart_hash', 'new_order_email_sent' => 'new_order_email_sent', 'order_key' => 'order_key', 'order_stock_reduced' => 'order_stock_reduced', 'date_paid' => 'date_paid_gmt', 'date_completed' => 'date_completed_gmt', 'shipping_tax' => 'shipping_tax_amount', 'shipping_total' => 'shipping_total_amount', 'discount_tax' => 'discount_tax_amount', 'discount_total' => 'discount_total_amount', 'recorded_sales' => 'recorded_sales' );

	private static function table( string $name ): string {
		global $wpdb;
		return $wpdb->prefix . $name;
	}

	public function read( WC_Abstract_Order $order ): bool {
		global $wpdb;
		$id  = $order->get_id();
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . self::table( 'wc_orders' ) . ' WHERE id = %d', $id ), ARRAY_A ); // phpcs:ignore WordPress.DB.PreparedSQL
		if ( ! $row || $row['type'] !== $order->get_type() ) {
			return false;
		}
		$more  = (array) $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . self::table( 'wc_order_operational_data' ) . ' WHERE order_id = %d', $id ), ARRAY_A ); // phpcs:ignore WordPress.DB.PreparedSQL
		$props = array( 'status' => preg_replace( '/^wc-/', '', (string) $row['status'] ) );
		foreach ( self::ORDER as $prop => $column ) {
			$props += array( $prop => $row[ $column ] ?? '' );
		}
		foreach ( self::OPERATIONAL as $prop => $column ) {
			$props += array( $prop => $more[ $column ] ?? '' );
		}
		$rows = (array) $wpdb->get_results( $wpdb->prepare( 'SELECT * FROM ' . self::table( 'wc_order_addresses' ) . ' WHERE order_id = %d', $id ), ARRAY_A ); // phpcs:ignore WordPress.DB.PreparedSQL
		foreach ( $rows as $address ) {
			foreach ( WC_Order::ADDRESS as $field ) {
				$props[ "{$address['address_type']}_$field" ] = (string) $address[ $field ];
			}
		}
		$props['parent_id']   = (int) $props['parent_id'];
		$props['customer_id'] = (int) $props['customer_id'];
		$order->load_props( array_intersect_key( $props, $order->get_data() ) );
		if ( 'shop_order_refund' === $order->get_type() ) {
			lab_load_refund( $order );
		}
		return true;
	}

	public function create( &$order ) {
		lab_before_first_save( $order );
		$moment = $order->get_date_created( 'edit' );
		$id     = wp_insert_post(
			apply_filters(
				'woocommerce_new_order_data',
				array(
					'post_type'     => 'shop_order_placehold',
					'post_status'   => 'draft',
					'post_parent'   => $order->get_parent_id(),
					'post_date'     => get_date_from_gmt( lab_gmt( $moment ) ),
					'post_date_gmt' => lab_gmt( $moment ),
					'ping_status'   => 'closed',
				)
			)
		);
		if ( ! $id || is_wp_error( $id ) ) {
			throw new Exception( 'Could not create order in posts table.' );
		}
		$order->set_id( $id );
		$this->write( $order, true );
		if ( 'shop_order' === $order->get_type() && 'checkout-draft' !== $order->get_status() ) {
			do_action( 'woocommerce_new_order', $id, $order );
		}
	}

	public function update( &$order ) {
		global $wpdb;
		$was = (string) $wpdb->get_var( $wpdb->prepare( 'SELECT status FROM ' . self::table( 'wc_orders' ) . ' WHERE id = %d', $order->get_id() ) ); // phpcs:ignore WordPress.DB.PreparedSQL
		$order->set_date_modified( time() );
		$this->write( $order, false );
		if ( 'shop_order' !== $order->get_type() ) {
			do_action( 'woocommerce_update_order_refund', $order->get_id(), $order );
		} elseif ( 'wc-checkout-draft' === $was && 'checkout-draft' !== $order->get_status() ) {
			// An order is new when it stops being a draft.
			do_action( 'woocommerce_new_order', $order->get_id(), $order );
		} else {
			do_action( 'woocommerce_update_order', $order->get_id(), $order );
		}
	}

	/** Table by table, each statement committed by itself. */
	private function write( $order, bool $all ): void {
		$changes = $all ? array_merge( $order->get_data(), $order->get_changes() ) : $order->get_changes();
		$row     = $this->columns( self::ORDER, $changes );
		if ( isset( $row['status'] ) ) {
			$row['status'] = lab_stored_status( $row['status'] );
		}
		$this->upsert( 'wc_orders', array( 'id' => $order->get_id(), 'type' => $order->get_type() ) + $row );
		foreach ( 'shop_order' === $order->get_type() ? array( 'billing', 'shipping' ) : array() as $type ) {
			$changed = array_filter( array_keys( $changes ), fn ( $prop ) => str_starts_with( $prop, "{$type}_" ) && in_array( substr( $prop, strlen( $type ) + 1 ), WC_Order::ADDRESS, true ) );
			if ( $changed ) {
				$this->upsert( 'wc_order_addresses', array( 'order_id' => $order->get_id(), 'address_type' => $type ) + $order->get_address( $type ) );
			}
		}
		$row = $this->columns( self::OPERATIONAL, $changes );
		if ( $row ) {
			$this->upsert( 'wc_order_operational_data', array( 'order_id' => $order->get_id() ) + $row );
		}
		$order->save_meta_data();
		$order->apply_changes();
	}

	private function columns( array $columns, array $changes ): array {
		$row = array();
		foreach ( array_intersect_key( $columns, $changes ) as $prop => $column ) {
			$value          = $changes[ $prop ];
			$row[ $column ] = $value instanceof WC_DateTime ? lab_gmt( $value ) : ( is_bool( $value ) ? (int) $value : $value );
		}
		return $row;
	}

	private function upsert( string $table, array $row ): void {
		global $wpdb;
		$values = array_map( fn ( $value ) => null === $value ? 'NULL' : $wpdb->prepare( '%s', $value ), $row );
		$sets   = array_map( fn ( $column ) => "`$column` = VALUES(`$column`)", array_keys( $row ) );
		$done   = $wpdb->query( 'INSERT INTO ' . self::table( $table ) . ' (`' . implode( '`, `', array_keys( $row ) ) . '`) VALUES (' . implode( ', ', $values ) . ') ON DUPLICATE KEY UPDATE ' . implode( ', ', $sets ) ); // phpcs:ignore WordPress.DB.PreparedSQL
		if ( false === $done ) {
			throw new Exception( "Could not persist order to database table \"$table\"." );
		}
	}

	public function delete( int $id ): void {
		global $wpdb;
		$wpdb->delete( self::table( 'wc_orders' ), array( 'id' => $id ) );
		foreach ( array( 'wc_order_addresses', 'wc_order_operational_data', 'wc_orders_meta' ) as $table ) {
			$wpdb->delete( self::table( $table ), array( 'order_id' => $id ) );
		}
		wp_delete_post( $id, true );
	}

	public function read_meta_rows( int $id ): array {
		return lab_read_meta( self::table( 'wc_orders_meta' ), 'order_id', 'id', $id );
	}

	public function write_meta_row( int $id, WC_Meta_Data $meta ): int {
		return lab_write_meta( self::table( 'wc_orders_meta' ), 'order_id', 'id', $id, $meta );
	}

	public function get_order_id_by_order_key( $key ) {
		global $wpdb;
		return (int) $wpdb->get_var( $wpdb->prepare( 'SELECT order_id FROM ' . self::table( 'wc_order_operational_data' ) . ' WHERE order_key = %s', $key ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	public function find( array $query ): array {
		global $wpdb;
		$where = $wpdb->prepare( 'type = %s', $query['type'] );
		foreach ( array( 'parent' => 'parent_order_id', 'customer_id' => 'customer_id', 'billing_email' => 'billing_email', 'transaction_id' => 'transaction_id' ) as $key => $column ) {
			$where .= isset( $query[ $key ] ) ? $wpdb->prepare( " AND $column = %s", $query[ $key ] ) : ''; // phpcs:ignore WordPress.DB.PreparedSQL
		}
		$where .= lab_status_condition( 'status', $query );
		$limit  = $query['limit'] > 0 ? ' LIMIT ' . (int) $query['limit'] : '';
		return array_map( 'intval', $wpdb->get_col( 'SELECT id FROM ' . self::table( 'wc_orders' ) . " WHERE $where ORDER BY id DESC$limit" ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	public function type_of( int $id ): ?string {
		global $wpdb;
		return $wpdb->get_var( $wpdb->prepare( 'SELECT type FROM ' . self::table( 'wc_orders' ) . ' WHERE id = %d', $id ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	public function get_stock_reduced( $order ) {
		$found = $order instanceof WC_Order ? $order : wc_get_order( $order );
		return $found && $found->get_order_stock_reduced( 'edit' );
	}

	public function set_stock_reduced( $order, $set ) {
		lab_set_flag( $order, 'order_stock_reduced', $set );
	}
}
