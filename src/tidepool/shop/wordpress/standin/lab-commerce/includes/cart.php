<?php
/**
 * The cart: product and quantity, kept in the session.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** The visitor's cart. */
class WC_Cart {
	/** @var array<string, array{key: string, product_id: int, variation_id: int, quantity: int, data: WC_Product}> */
	public $cart_contents = array();

	public function __construct() {
		foreach ( (array) WC()->session->get( 'cart', array() ) as $key => $line ) {
			$product = wc_get_product( $line['product_id'] );
			if ( $product && $product->is_purchasable() ) {
				$this->cart_contents[ $key ] = $line + array( 'data' => $product );
			}
		}
	}

	public function get_cart() {
		return $this->cart_contents;
	}

	public function get_cart_contents() {
		return $this->cart_contents;
	}

	public function get_cart_item( $key ) {
		return $this->cart_contents[ $key ] ?? array();
	}

	public function is_empty() {
		return array() === $this->cart_contents;
	}

	public function get_cart_contents_count() {
		return array_sum( array_column( $this->cart_contents, 'quantity' ) );
	}

	/** Identifies what is in it: a customer who sends it again is recognised by it. */
	public function get_cart_hash() {
		$lines = array_map( fn ( $line ) => array( $line['product_id'], $line['quantity'] ), $this->cart_contents );
		return $lines ? md5( wp_json_encode( $lines ) . $this->get_total( 'edit' ) ) : '';
	}

	public function add_to_cart( $product_id = 0, $quantity = 1, $variation_id = 0, $variation = array(), $cart_item_data = array() ) {
		$product = wc_get_product( $product_id );
		$key     = md5( (string) $product_id );
		$wanted  = (int) $quantity + (int) ( $this->cart_contents[ $key ]['quantity'] ?? 0 );
		if ( ! $product || ! $product->is_purchasable() || ! $product->is_in_stock() || ! $product->has_enough_stock( $wanted ) || $quantity < 1 ) {
			wc_add_notice( 'Sorry, this product cannot be purchased.', 'error' );
			return false;
		}
		$this->cart_contents[ $key ] = array( 'key' => $key, 'product_id' => (int) $product_id, 'variation_id' => 0, 'quantity' => $wanted, 'data' => $product );
		$this->keep();
		do_action( 'woocommerce_add_to_cart', $key, $product_id, $quantity, $variation_id, $variation, $cart_item_data );
		return $key;
	}

	public function set_quantity( $key, $quantity = 1, $refresh_totals = true ) {
		if ( $quantity < 1 ) {
			return $this->remove_cart_item( $key );
		}
		$this->cart_contents[ $key ]['quantity'] = (int) $quantity;
		$this->keep();
		return true;
	}

	public function remove_cart_item( $key ) {
		unset( $this->cart_contents[ $key ] );
		$this->keep();
		return true;
	}

	public function empty_cart( $clear_persistent_cart = true ) {
		$this->cart_contents = array();
		$this->keep();
		do_action( 'woocommerce_cart_emptied', $clear_persistent_cart );
	}

	private function keep(): void {
		WC()->session->set_customer_session_cookie( true );
		WC()->session->set( 'cart', array_map( fn ( $line ) => array_diff_key( $line, array( 'data' => 1 ) ), $this->cart_contents ) );
		if ( ! headers_sent() ) {
			setcookie( 'woocommerce_items_in_cart', $this->is_empty() ? '' : '1', array( 'expires' => $this->is_empty() ? 1 : 0, 'path' => '/', 'secure' => is_ssl() ) );
		}
	}

	public function get_subtotal() {
		return array_sum( array_map( fn ( $line ) => (float) $line['data']->get_price() * $line['quantity'], $this->cart_contents ) );
	}

	public function get_total( $context = 'view' ) {
		return 'view' === $context ? wc_price( $this->get_subtotal() ) : $this->get_subtotal();
	}

	public function calculate_totals() {
		do_action( 'woocommerce_after_calculate_totals', $this );
	}

	public function needs_payment() {
		return (bool) apply_filters( 'woocommerce_cart_needs_payment', 0 < $this->get_total( 'edit' ), $this );
	}

	public function needs_shipping() {
		return false;
	}

	/** The lines of an order that buys this cart; the hook sees each before it is added. */
	public function fill( WC_Order $order ): void {
		foreach ( $this->cart_contents as $key => $line ) {
			$item   = new WC_Order_Item_Product();
			$amount = wc_format_decimal( (float) $line['data']->get_price() * $line['quantity'] );
			$item->set_props( array( 'quantity' => $line['quantity'], 'subtotal' => $amount, 'total' => $amount, 'name' => $line['data']->get_name(), 'product_id' => $line['product_id'] ) );
			do_action( 'woocommerce_checkout_create_order_line_item', $item, $key, $line, $order );
			$order->add_item( $item );
		}
		$order->set_total( $this->get_total( 'edit' ) );
	}
}
