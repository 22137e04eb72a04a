<?php
/**
 * Orders: what they hold, how they are saved, and how their status changes.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** What orders and refunds share. */
abstract class WC_Abstract_Order extends WC_Data {
	/** @var array */
	protected $data = array( 'parent_id' => 0, 'status' => '', 'currency' => '', 'version' => '', 'prices_include_tax' => false, 'date_created' => null, 'date_modified' => null, 'discount_total' => '0', 'discount_tax' => '0', 'shipping_total' => '0', 'shipping_tax' => '0', 'cart_tax' => '0', 'total' => '0', 'total_tax' => '0' );
	/** @var string[] */
	protected $dates = array( 'date_created', 'date_modified', 'date_completed', 'date_paid' );
	/** @var string[] */
	protected $amounts = array( 'discount_total', 'discount_tax', 'shipping_total', 'shipping_tax', 'cart_tax', 'total', 'total_tax', 'amount' );
	/** @var string[] */
	protected $flags = array( 'prices_include_tax', 'recorded_sales', 'recorded_coupon_usage_counts', 'order_stock_reduced', 'new_order_email_sent', 'download_permissions_granted' );
	/** @var string */
	protected $object_type = 'order';
	/** @var WC_Order_Item[]|null by type; null: not read yet */
	protected $items = null;
	/** @var WC_Order_Item[] */
	protected $items_to_delete = array();
	/** @var array|false */
	protected $status_transition = false;
	/** @var Lab_Order_Store */
	protected $data_store;

	public function __construct( $order = 0 ) {
		$this->data_store = lab_order_store();
		if ( $order instanceof WC_Abstract_Order ) {
			$order = $order->get_id();
		}
		if ( is_numeric( $order ) && $order > 0 ) {
			$this->id = (int) $order;
			if ( ! $this->data_store->read( $this ) ) {
				throw new Exception( 'Invalid order.' );
			}
		}
	}

	public function get_type() {
		return 'shop_order';
	}

	public function get_data_store() {
		return $this->data_store;
	}

	public function get_object_type() {
		return $this->object_type;
	}

	public function save() {
		try {
			do_action( 'woocommerce_before_' . $this->object_type . '_object_save', $this, $this->data_store );
			if ( $this->id ) {
				$this->data_store->update( $this );
			} else {
				$this->data_store->create( $this );
			}
			$this->save_items();
			do_action( 'woocommerce_after_' . $this->object_type . '_object_save', $this, $this->data_store );
		} catch ( Exception $e ) {
			// As the real one: logged and noted, and whoever saved is not told.
			wc_get_logger()->error( "Error saving order ID {$this->id}.", array( 'error' => $e ) );
			if ( $this->id && is_callable( array( $this, 'add_order_note' ) ) ) {
				$this->add_order_note( "Error saving order ID {$this->id}. " . $e->getMessage() );
			}
		}
		return $this->id;
	}

	protected function save_items() {
		foreach ( $this->items_to_delete as $item ) {
			$item->delete();
		}
		$this->items_to_delete = array();
		foreach ( $this->items ?? array() as $item ) {
			$item->set_order_id( $this->id );
			$item->save();
		}
		if ( null !== $this->items ) {
			$keyed = array();
			foreach ( $this->items as $item ) {
				$keyed[ $item->get_id() ] = $item;
			}
			$this->items = $keyed;
		}
	}

	public function delete( $force_delete = false ) {
		$id = $this->id;
		if ( ! $force_delete ) {
			do_action( 'woocommerce_before_trash_order', $id, $this );
			$this->update_status( 'trash' );
			do_action( 'woocommerce_trash_order', $id );
			return true;
		}
		do_action( 'woocommerce_before_delete_order', $id, $this );
		$this->remove_order_items();
		$this->save_items();
		$this->data_store->delete( $id );
		$this->id = 0;
		do_action( 'woocommerce_delete_order', $id );
		return true;
	}

	protected function read_items(): void {
		global $wpdb;
		if ( null !== $this->items ) {
			return;
		}
		$this->items = array();
		$rows        = ! $this->id ? array() : (array) $wpdb->get_results( $wpdb->prepare( "SELECT order_item_id, order_item_type FROM {$wpdb->prefix}woocommerce_order_items WHERE order_id = %d ORDER BY order_item_id", $this->id ) );
		foreach ( $rows as $row ) {
			$class = lab_item_class( $row->order_item_type );
			if ( $class ) {
				$this->items[ (int) $row->order_item_id ] = new $class( (int) $row->order_item_id );
			}
		}
	}

	public function get_items( $types = 'line_item' ) {
		$this->read_items();
		return array_filter( $this->items, fn ( $item ) => in_array( $item->get_type(), (array) $types, true ) );
	}

	public function get_item( $item_id, $load_from_db = true ) {
		$this->read_items();
		return $this->items[ $item_id ] ?? false;
	}

	public function get_item_count( $item_type = '' ) {
		return array_sum( array_map( fn ( $item ) => $item->get_quantity(), $this->get_items( $item_type ? $item_type : 'line_item' ) ) );
	}

	public function add_item( $item ) {
		$this->read_items();
		$item->set_order_id( $this->id );
		if ( $item->get_id() ) {
			$this->items[ $item->get_id() ] = $item;
		} else {
			$this->items[ 'new:' . count( $this->items ) ] = $item;
		}
	}

	public function remove_item( $item_id ) {
		$this->read_items();
		if ( isset( $this->items[ $item_id ] ) ) {
			$this->items_to_delete[] = $this->items[ $item_id ];
			unset( $this->items[ $item_id ] );
		}
	}

	public function remove_order_items( $type = null ) {
		$this->read_items();
		foreach ( $this->items as $key => $item ) {
			if ( null === $type || $item->get_type() === $type ) {
				if ( $item->get_id() ) {
					$item->delete();
				}
				unset( $this->items[ $key ] );
			}
		}
	}

	public function get_status( $context = 'view' ) {
		$status = $this->get_prop( 'status', $context );
		return '' === $status && 'view' === $context ? apply_filters( 'woocommerce_default_order_status', 'pending' ) : $status;
	}

	public function has_status( $status ) {
		return in_array( $this->get_status(), (array) $status, true );
	}

	public function set_status( $new_status, $note = '', $manual_update = false ) {
		$from = $this->get_status();
		$to   = preg_replace( '/^wc-/', '', (string) $new_status );
		$this->set_prop( 'status', $to );
		return array( 'from' => $from, 'to' => $to );
	}

	public function update_status( $new_status, $note = '', $manual = false ) {
		try {
			if ( ! $this->id ) {
				return false;
			}
			$this->set_status( $new_status, $note, $manual );
			$this->save();
		} catch ( Exception $e ) {
			wc_get_logger()->error( 'Error updating status', array( 'error' => $e ) );
			return false;
		}
		return true;
	}

	public function get_subtotal() {
		return array_sum( array_map( fn ( $item ) => (float) $item->get_subtotal(), $this->get_items() ) );
	}

	public function get_total_discount( $ex_tax = true ) {
		return (float) $this->get_discount_total();
	}

	public function get_fees() {
		return $this->get_items( 'fee' );
	}

	public function get_shipping_methods() {
		return $this->get_items( 'shipping' );
	}

	public function get_taxes() {
		return $this->get_items( 'tax' );
	}

	public function get_coupons() {
		return $this->get_items( 'coupon' );
	}

	public function add_product( $product, $qty = 1, $args = array() ) {
		$item = new WC_Order_Item_Product();
		$item->set_product( $product );
		$item->set_props( wp_parse_args( $args, array( 'quantity' => $qty, 'subtotal' => $product->get_price() * $qty, 'total' => $product->get_price() * $qty ) ) );
		$this->add_item( $item );
		return $item->get_id();
	}

	/** Without taxes, which this shop does not know. */
	public function calculate_totals( $and_taxes = true ) {
		do_action( 'woocommerce_order_before_calculate_totals', $and_taxes, $this );
		$sum = fn ( $type ) => array_sum( array_map( fn ( $item ) => (float) $item->get_total(), $this->get_items( $type ) ) );
		$this->set_shipping_total( $sum( 'shipping' ) );
		$this->set_discount_total( $this->get_subtotal() - $sum( 'line_item' ) );
		$this->set_total( $sum( 'line_item' ) + $sum( 'fee' ) + $sum( 'shipping' ) );
		do_action( 'woocommerce_order_after_calculate_totals', $and_taxes, $this );
		$this->save();
		return $this->get_total();
	}

	/** Meta is the store's business: its table differs. */
	protected function read_meta_rows(): array {
		return $this->data_store->read_meta_rows( $this->id );
	}

	protected function write_meta_row( WC_Meta_Data $meta ): int {
		return $this->data_store->write_meta_row( $this->id, $meta );
	}
}
