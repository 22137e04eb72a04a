<?php
/**
 * Payment: the base class that gateways extend, and cash on delivery.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** A way to pay. */
abstract class WC_Payment_Gateway {
	/** @var string */
	public $id = '';
	/** @var string yes or no */
	public $enabled = 'yes';
	/** @var string */
	public $title = '';
	/** @var string */
	public $method_title = '';
	/** @var string */
	public $description = '';
	/** @var bool */
	public $has_fields = false;
	/** @var string[] */
	public $supports = array( 'products' );
	/** @var array */
	public $settings = array();

	public function init_settings() {
		$this->settings = (array) get_option( "woocommerce_{$this->id}_settings", array() );
		$this->enabled  = $this->settings['enabled'] ?? 'no';
	}

	public function get_option( $key, $empty_value = null ) {
		return $this->settings[ $key ] ?? $empty_value;
	}

	public function get_title() {
		return apply_filters( 'woocommerce_gateway_title', $this->title, $this->id );
	}

	public function supports( $feature ) {
		return in_array( $feature, $this->supports, true );
	}

	public function is_available() {
		return 'yes' === $this->enabled;
	}

	public function validate_fields() {
		return true;
	}

	public function get_return_url( $order = null ) {
		return apply_filters( 'woocommerce_get_return_url', $order ? $order->get_checkout_order_received_url() : home_url( '/' ), $order );
	}

	/** result (success, failure) and redirect. */
	public function process_payment( $order_id ) {
		return array();
	}

	public function process_refund( $order_id, $amount = null, $reason = '' ) {
		return false;
	}
}

/** Pays when it arrives: there is no other witness of the order than the shop. */
class WC_Gateway_COD extends WC_Payment_Gateway {
	public function __construct() {
		$this->id           = 'cod';
		$this->method_title = 'Cash on delivery';
		$this->init_settings();
		$this->title = $this->get_option( 'title', 'Cash on delivery' );
	}

	public function process_payment( $order_id ) {
		$order = wc_get_order( $order_id );
		if ( $order->get_total() > 0 ) {
			$order->update_status( apply_filters( 'woocommerce_cod_process_payment_order_status', $order->has_downloadable_item() ? 'on-hold' : 'processing', $order ), 'Payment to be made upon delivery.' );
		} else {
			$order->payment_complete();
		}
		WC()->cart->empty_cart();
		return array( 'result' => 'success', 'redirect' => $this->get_return_url( $order ) );
	}
}

/** All ways to pay. */
class WC_Payment_Gateways {
	/** @var WC_Payment_Gateway[]|null */
	private $gateways = null;

	public function payment_gateways() {
		if ( null === $this->gateways ) {
			$this->gateways = array();
			foreach ( apply_filters( 'woocommerce_payment_gateways', array( 'WC_Gateway_COD' ) ) as $gateway ) {
				$gateway                        = is_string( $gateway ) && class_exists( $gateway ) ? new $gateway() : $gateway;
				$this->gateways[ $gateway->id ] = $gateway;
			}
		}
		return $this->gateways;
	}

	public function get_available_payment_gateways() {
		return apply_filters( 'woocommerce_available_payment_gateways', array_filter( $this->payment_gateways(), fn ( $gateway ) => $gateway->is_available() ) );
	}
}
