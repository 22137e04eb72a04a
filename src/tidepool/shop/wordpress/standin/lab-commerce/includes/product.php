<?php
/**
 * Products: simple ones, with a price and a stock, kept as posts with meta and a row in the lookup table.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Something to buy. */
class WC_Product extends WC_Data {
	/** @var array */
	protected $data = array( 'name' => '', 'slug' => '', 'status' => 'publish', 'description' => '', 'short_description' => '', 'sku' => '', 'price' => '', 'regular_price' => '', 'manage_stock' => false, 'stock_quantity' => null, 'stock_status' => 'instock', 'total_sales' => 0, 'virtual' => false, 'backorders' => 'no' );
	/** @var string[] */
	protected $amounts = array( 'price', 'regular_price' );
	/** @var string[] */
	protected $flags = array( 'manage_stock', 'virtual' );
	/** @var string[] property => meta key */
	private const KEPT = array( 'sku' => '_sku', 'price' => '_price', 'regular_price' => '_regular_price', 'manage_stock' => '_manage_stock', 'stock_quantity' => '_stock', 'stock_status' => '_stock_status', 'total_sales' => 'total_sales', 'virtual' => '_virtual', 'backorders' => '_backorders' );
	/** @var string */
	protected $object_type = 'product';

	public function __construct( $product = 0 ) {
		if ( $product instanceof WC_Product ) {
			$product = $product->get_id();
		}
		if ( is_numeric( $product ) && $product > 0 ) {
			$this->read( (int) $product );
		}
	}

	private function read( int $id ): void {
		$post = get_post( $id );
		if ( ! $post || 'product' !== $post->post_type ) {
			throw new Exception( 'Invalid product.' );
		}
		$this->id = $id;
		$props    = array( 'name' => $post->post_title, 'slug' => $post->post_name, 'status' => $post->post_status, 'description' => $post->post_content, 'short_description' => $post->post_excerpt );
		foreach ( self::KEPT as $prop => $key ) {
			$props[ $prop ] = get_post_meta( $id, $key, true );
		}
		$props['stock_quantity'] = '' === $props['stock_quantity'] ? null : (float) $props['stock_quantity'];
		$this->load_props( $props );
	}

	public function get_type() {
		return 'simple';
	}

	public function is_type( $type ) {
		return in_array( 'simple', (array) $type, true );
	}

	public function get_title() {
		return $this->get_name();
	}

	public function get_permalink() {
		return get_permalink( $this->id );
	}

	public function managing_stock() {
		return 'yes' === get_option( 'woocommerce_manage_stock' ) && $this->get_manage_stock();
	}

	public function get_stock_managed_by_id() {
		return $this->id;
	}

	public function is_in_stock() {
		return 'outofstock' !== $this->get_stock_status();
	}

	public function has_enough_stock( $quantity ) {
		return ! $this->managing_stock() || $this->get_stock_quantity() >= $quantity;
	}

	public function is_purchasable() {
		return 'publish' === $this->get_status() && '' !== $this->get_price();
	}

	public function is_virtual() {
		return $this->get_virtual();
	}

	public function needs_shipping() {
		return ! $this->is_virtual();
	}

	public function save() {
		do_action( 'woocommerce_before_product_object_save', $this, null );
		$post = array( 'post_type' => 'product', 'post_title' => $this->get_name( 'edit' ), 'post_status' => $this->get_status( 'edit' ), 'post_content' => $this->get_description( 'edit' ), 'post_excerpt' => $this->get_short_description( 'edit' ), 'comment_status' => 'closed' );
		$new  = ! $this->id;
		if ( $new ) {
			$this->id = (int) wp_insert_post( $post );
		} else {
			wp_update_post( array( 'ID' => $this->id ) + $post );
		}
		$this->set_prop( 'price', $this->get_regular_price( 'edit' ) );
		foreach ( self::KEPT as $prop => $key ) {
			// Stock is never written as it was read: a checkout meanwhile would be undone.
			if ( $new || array_key_exists( $prop, $this->changes ) ) {
				$value = $this->get_prop( $prop, 'edit' );
				update_post_meta( $this->id, $key, is_bool( $value ) ? ( $value ? 'yes' : 'no' ) : $value );
			}
		}
		lab_update_lookup( $this->id );
		$this->save_meta_data();
		$this->apply_changes();
		do_action( $new ? 'woocommerce_new_product' : 'woocommerce_update_product', $this->id, $this );
		do_action( 'woocommerce_after_product_object_save', $this, null );
		return $this->id;
	}

	protected function read_meta_rows(): array {
		global $wpdb;
		return array_filter( lab_read_meta( $wpdb->postmeta, 'post_id', 'meta_id', $this->id ), fn ( $row ) => ! in_array( $row->meta_key, self::KEPT, true ) );
	}

	protected function write_meta_row( WC_Meta_Data $meta ): int {
		global $wpdb;
		return lab_write_meta( $wpdb->postmeta, 'post_id', 'meta_id', $this->id, $meta );
	}
}

/** The only kind there is. */
class WC_Product_Simple extends WC_Product {
}

/** A product by id, post or product; false: there is none. */
function wc_get_product( $the_product = false ) {
	$id = $the_product instanceof WC_Product ? $the_product->get_id() : ( $the_product instanceof WP_Post ? $the_product->ID : absint( $the_product ) );
	try {
		return $id ? new WC_Product_Simple( $id ) : false;
	} catch ( Exception $e ) {
		return false;
	}
}

/** The published products, oldest first. */
function wc_get_products( $args = array() ) {
	$ids = get_posts( array( 'post_type' => 'product', 'post_status' => 'publish', 'numberposts' => $args['limit'] ?? 20, 'orderby' => 'ID', 'order' => 'ASC', 'fields' => 'ids', 'suppress_filters' => false ) );
	return array_map( 'wc_get_product', $ids );
}

/** The lookup table's row, made anew from the meta, as the real one does. */
function lab_update_lookup( int $id ): void {
	global $wpdb;
	$meta = fn ( $key ) => get_post_meta( $id, $key, true );
	$wpdb->replace(
		$wpdb->prefix . 'wc_product_meta_lookup',
		array( 'product_id' => $id, 'sku' => $meta( '_sku' ), 'virtual' => 'yes' === $meta( '_virtual' ) ? 1 : 0, 'downloadable' => 0, 'min_price' => $meta( '_price' ), 'max_price' => $meta( '_price' ), 'onsale' => 0, 'stock_quantity' => 'yes' === $meta( '_manage_stock' ) ? (float) $meta( '_stock' ) : null, 'stock_status' => $meta( '_stock_status' ), 'rating_count' => 0, 'average_rating' => 0, 'total_sales' => (int) $meta( 'total_sales' ), 'tax_status' => 'taxable', 'tax_class' => '' )
	);
}
