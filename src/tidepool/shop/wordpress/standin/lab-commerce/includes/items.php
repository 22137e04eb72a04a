<?php
/**
 * Lines of an order: products, shipping, fees, coupons, taxes. A row in order_items, everything else in its meta.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** What all lines have. */
class WC_Order_Item extends WC_Data {
	/** @var array */
	protected $data = array( 'order_id' => 0, 'name' => '' );
	/** @var string[] property => meta key; what is kept as hidden meta */
	protected $kept = array();
	/** @var string */
	protected $object_type = 'order_item';

	public function __construct( $item = 0 ) {
		$this->data = array_merge( array( 'order_id' => 0, 'name' => '' ), $this->data );
		if ( is_numeric( $item ) && $item > 0 ) {
			$this->read( (int) $item );
		}
	}

	public function get_type() {
		return '';
	}

	public function is_type( $type ) {
		return in_array( $this->get_type(), (array) $type, true );
	}

	public function get_order() {
		return wc_get_order( $this->get_order_id() );
	}

	public function get_quantity() {
		return 1;
	}

	private function read( int $id ): void {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( "SELECT order_id, order_item_name FROM {$wpdb->prefix}woocommerce_order_items WHERE order_item_id = %d", $id ) );
		if ( ! $row ) {
			throw new Exception( 'Invalid order item.' );
		}
		$this->id    = $id;
		$props       = array( 'order_id' => (int) $row->order_id, 'name' => $row->order_item_name );
		$meta_of_key = array_flip( $this->kept );
		foreach ( lab_read_meta( $wpdb->prefix . 'woocommerce_order_itemmeta', 'order_item_id', 'meta_id', $id ) as $meta ) {
			if ( isset( $meta_of_key[ $meta->meta_key ] ) ) {
				$props[ $meta_of_key[ $meta->meta_key ] ] = maybe_unserialize( $meta->meta_value );
			}
		}
		$this->load_props( $props );
	}

	public function save() {
		global $wpdb;
		$table = $wpdb->prefix . 'woocommerce_order_items';
		do_action( 'woocommerce_before_order_item_object_save', $this, null );
		$row = array( 'order_item_name' => $this->get_name( 'edit' ), 'order_item_type' => $this->get_type(), 'order_id' => $this->get_order_id( 'edit' ) );
		$new = ! $this->id;
		if ( $new ) {
			$wpdb->insert( $table, $row );
			$this->id = (int) $wpdb->insert_id;
		} elseif ( array_intersect_key( $this->changes, array( 'name' => 1, 'order_id' => 1 ) ) ) {
			$wpdb->update( $table, $row, array( 'order_item_id' => $this->id ) );
		}
		foreach ( $this->kept as $prop => $key ) {
			if ( $new ) {
				add_metadata( 'order_item', $this->id, $key, $this->get_prop( $prop, 'edit' ), true );
			} elseif ( array_key_exists( $prop, $this->changes ) ) {
				update_metadata( 'order_item', $this->id, $key, $this->changes[ $prop ] );
			}
		}
		$this->save_meta_data();
		$this->apply_changes();
		if ( $new ) {
			do_action( 'woocommerce_new_order_item', $this->id, $this, $this->get_order_id() );
		} else {
			do_action( 'woocommerce_update_order_item', $this->id, $this, $this->get_order_id() );
		}
		do_action( 'woocommerce_after_order_item_object_save', $this, null );
		return $this->id;
	}

	public function delete( $force_delete = false ) {
		global $wpdb;
		do_action( 'woocommerce_before_delete_order_item', $this->id );
		$wpdb->delete( $wpdb->prefix . 'woocommerce_order_items', array( 'order_item_id' => $this->id ) );
		$wpdb->delete( $wpdb->prefix . 'woocommerce_order_itemmeta', array( 'order_item_id' => $this->id ) );
		do_action( 'woocommerce_delete_order_item', $this->id );
		return true;
	}

	protected function read_meta_rows(): array {
		global $wpdb;
		$rows = lab_read_meta( $wpdb->prefix . 'woocommerce_order_itemmeta', 'order_item_id', 'meta_id', $this->id );
		return array_filter( $rows, fn ( $row ) => ! in_array( $row->meta_key, $this->kept, true ) );
	}

	protected function write_meta_row( WC_Meta_Data $meta ): int {
		global $wpdb;
		return lab_write_meta( $wpdb->prefix . 'woocommerce_order_itemmeta', 'order_item_id', 'meta_id', $this->id, $meta );
	}

	public function set_order_id( $value ) {
		$this->set_prop( 'order_id', absint( $value ) );
	}

	/** The visible meta. */
	public function get_formatted_meta_data( $hide_prefix = '_', $include_all = false ) {
		return array_filter( $this->get_meta_data(), fn ( $meta ) => ! str_starts_with( $meta->key, $hide_prefix ) );
	}
}

/** A product that was bought. */
class WC_Order_Item_Product extends WC_Order_Item {
	/** @var array */
	protected $data = array( 'product_id' => 0, 'variation_id' => 0, 'quantity' => 1, 'tax_class' => '', 'subtotal' => '0', 'subtotal_tax' => '0', 'total' => '0', 'total_tax' => '0', 'taxes' => array( 'subtotal' => array(), 'total' => array() ) );
	/** @var string[] */
	protected $amounts = array( 'subtotal', 'subtotal_tax', 'total', 'total_tax' );
	/** @var string[] */
	protected $kept = array( 'product_id' => '_product_id', 'variation_id' => '_variation_id', 'quantity' => '_qty', 'tax_class' => '_tax_class', 'subtotal' => '_line_subtotal', 'subtotal_tax' => '_line_subtotal_tax', 'total' => '_line_total', 'total_tax' => '_line_tax', 'taxes' => '_line_tax_data' );

	public function get_type() {
		return 'line_item';
	}

	public function get_quantity( $context = 'view' ) {
		return (int) $this->get_prop( 'quantity', $context );
	}

	public function get_product_id( $context = 'view' ) {
		return (int) $this->get_prop( 'product_id', $context );
	}

	public function get_variation_id( $context = 'view' ) {
		return (int) $this->get_prop( 'variation_id', $context );
	}

	public function set_product( $product ) {
		$this->set_props( array( 'product_id' => $product->get_id(), 'name' => $product->get_name() ) );
	}

	public function get_product() {
		return wc_get_product( $this->get_variation_id() ? $this->get_variation_id() : $this->get_product_id() );
	}
}

/** What sending it costs. */
class WC_Order_Item_Shipping extends WC_Order_Item {
	/** @var array */
	protected $data = array( 'method_title' => '', 'method_id' => '', 'instance_id' => '', 'total' => '0', 'total_tax' => '0', 'taxes' => array( 'total' => array() ) );
	/** @var string[] */
	protected $amounts = array( 'total', 'total_tax' );
	/** @var string[] */
	protected $kept = array( 'method_id' => 'method_id', 'instance_id' => 'instance_id', 'total' => 'cost', 'total_tax' => 'total_tax', 'taxes' => 'taxes' );

	public function get_type() {
		return 'shipping';
	}

	public function get_method_title( $context = 'view' ) {
		return $this->get_prop( 'name', $context );
	}

	public function set_method_title( $value ) {
		$this->set_prop( 'name', $value );
	}
}

/** Something else that costs. */
class WC_Order_Item_Fee extends WC_Order_Item {
	/** @var array */
	protected $data = array( 'tax_class' => '', 'tax_status' => 'taxable', 'amount' => '', 'total' => '0', 'total_tax' => '0', 'taxes' => array( 'total' => array() ) );
	/** @var string[] */
	protected $amounts = array( 'total', 'total_tax' );
	/** @var string[] */
	protected $kept = array( 'amount' => '_fee_amount', 'tax_class' => '_tax_class', 'tax_status' => '_tax_status', 'total' => '_line_total', 'total_tax' => '_line_tax', 'taxes' => '_line_tax_data' );

	public function get_type() {
		return 'fee';
	}
}

/** A coupon that was used. */
class WC_Order_Item_Coupon extends WC_Order_Item {
	/** @var array */
	protected $data = array( 'discount' => '0', 'discount_tax' => '0' );
	/** @var string[] */
	protected $amounts = array( 'discount', 'discount_tax' );
	/** @var string[] */
	protected $kept = array( 'discount' => 'discount_amount', 'discount_tax' => 'discount_amount_tax' );

	public function get_type() {
		return 'coupon';
	}

	public function get_code( $context = 'view' ) {
		return $this->get_prop( 'name', $context );
	}

	public function set_code( $value ) {
		$this->set_prop( 'name', $value );
	}
}

/** A rate of tax. */
class WC_Order_Item_Tax extends WC_Order_Item {
	/** @var array */
	protected $data = array( 'rate_id' => 0, 'label' => '', 'compound' => false, 'tax_total' => '0', 'shipping_tax_total' => '0', 'rate_percent' => null );
	/** @var string[] */
	protected $amounts = array( 'tax_total', 'shipping_tax_total' );
	/** @var string[] */
	protected $flags = array( 'compound' );
	/** @var string[] */
	protected $kept = array( 'rate_id' => 'rate_id', 'label' => 'label', 'compound' => 'compound', 'tax_total' => 'tax_amount', 'shipping_tax_total' => 'shipping_tax_amount', 'rate_percent' => '_rate_percent' );

	public function get_type() {
		return 'tax';
	}

	public function get_rate_code( $context = 'view' ) {
		return $this->get_prop( 'name', $context );
	}

	public function set_rate_code( $value ) {
		$this->set_prop( 'name', $value );
	}
}

/** The class of a line, by its type. */
function lab_item_class( string $type ): ?string {
	$classes = array(
		'line_item' => 'WC_Order_Item_Product',
		'shipping'  => 'WC_Order_Item_Shipping',
		'fee'       => 'WC_Order_Item_Fee',
		'coupon'    => 'WC_Order_Item_Coupon',
		'tax'       => 'WC_Order_Item_Tax',
	);
	return $classes[ $type ] ?? null;
}
