<?php
/**
 * The shop's one object. In a file of its own: PHP would declare the class before anybody could look for the real one.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** The shop's one object, as plugins know it. */
final class WooCommerce {
	/** @var string */
	public $version = WC_VERSION;
	/** @var WC_Session_Handler|null */
	public $session = null;
	/** @var WC_Cart|null */
	public $cart = null;
	/** @var WC_Customer|null */
	public $customer = null;
	/** @var WooCommerce|null */
	private static $instance = null;
	/** @var WC_Payment_Gateways|null */
	private $gateways = null;
	/** @var WC_Checkout|null */
	private $checkout = null;
	/** @var WC_Emails|null */
	private $emails = null;

	public static function instance(): self {
		if ( null === self::$instance ) {
			self::$instance = new self();
		}
		return self::$instance;
	}

	private function __construct() {
		// By this name WordPress's own functions find the table; without it they write nothing, and say nothing.
		$GLOBALS['wpdb']->order_itemmeta = $GLOBALS['wpdb']->prefix . 'woocommerce_order_itemmeta';
		register_activation_hook( WC_PLUGIN_FILE, 'lab_commerce_install' );
		add_action( 'init', array( $this, 'init' ), 0 );
		add_action( 'rest_api_init', 'lab_store_api_routes' );
		add_action( 'rest_api_init', 'lab_rest_order_routes' );
	}

	public function init(): void {
		do_action( 'before_woocommerce_init' );
		lab_commerce_post_types();
		lab_commerce_stock_hooks();
		lab_commerce_email_hooks();
		lab_commerce_page_hooks();
		$this->payment_gateways();
		if ( ! is_admin() && 'cli' !== PHP_SAPI && ! wp_doing_cron() ) {
			$this->session = new WC_Session_Handler();
			$this->session->init();
			$this->customer = new WC_Customer();
			$this->cart     = new WC_Cart();
		}
		do_action( 'woocommerce_init' );
	}

	/** The property of that name, which older plugins read. */
	public function __get( string $name ) {
		$methods = array( 'payment_gateways', 'mailer', 'checkout' );
		return in_array( $name, $methods, true ) ? $this->$name() : null;
	}

	public function payment_gateways(): WC_Payment_Gateways {
		$this->gateways = $this->gateways ?? new WC_Payment_Gateways();
		return $this->gateways;
	}

	public function checkout(): WC_Checkout {
		$this->checkout = $this->checkout ?? new WC_Checkout();
		return $this->checkout;
	}

	public function mailer(): WC_Emails {
		$this->emails = $this->emails ?? new WC_Emails();
		return $this->emails;
	}

	public function plugin_path(): string {
		return untrailingslashit( WC_ABSPATH );
	}

	public function api_request_url( string $request ): string {
		return add_query_arg( 'wc-api', $request, home_url( '/' ) );
	}
}

/** The shop. */
function WC() { // phpcs:ignore WordPress.NamingConventions.ValidFunctionName
	return WooCommerce::instance();
}
