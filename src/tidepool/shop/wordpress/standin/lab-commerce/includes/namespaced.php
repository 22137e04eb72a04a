<?php
/**
 * The few classes of the Store API that other plugins name, under their own names.
 *
 * @package lab-commerce
 */

namespace Automattic\WooCommerce\StoreApi\Exceptions {
	/** An error with a code, a status and more that the Store API shows as it is. */
	class RouteException extends \Exception {
		/** @var string */
		public $error_code;
		/** @var array */
		public $additional_data;

		public function __construct( $error_code, $message, $http_status_code = 400, $additional_data = array() ) {
			$this->error_code      = $error_code;
			$this->additional_data = array_filter( (array) $additional_data );
			parent::__construct( $message, $http_status_code );
		}

		public function getErrorCode() {
			return $this->error_code;
		}

		public function getAdditionalData() {
			return $this->additional_data;
		}
	}
}

namespace Automattic\WooCommerce\StoreApi\Payments {
	/** What a gateway is told of the order that it shall charge. */
	class PaymentContext {
		/** @var string */
		public $payment_method = '';
		/** @var \WC_Order|null */
		public $order = null;
		/** @var array */
		public $payment_data = array();
	}

	/** What a gateway says of it. */
	class PaymentResult {
		/** @var string success, failure, pending, error; empty: nobody has charged yet */
		public $status = '';
		/** @var array */
		public $payment_details = array();
		/** @var string */
		public $redirect_url = '';

		public function set_status( $status ) {
			$this->status = $status;
		}

		public function set_payment_details( $details = array() ) {
			$this->payment_details = $details;
		}

		public function set_redirect_url( $url = '' ) {
			$this->redirect_url = $url;
		}
	}
}

namespace Automattic\WooCommerce\Utilities {
	/** Where orders live. */
	class OrderUtil {
		public static function custom_orders_table_usage_is_enabled(): bool {
			return 'yes' === get_option( 'woocommerce_custom_orders_table_enabled' );
		}

		public static function get_order_type( $order ) {
			$found = wc_get_order( $order );
			return $found ? $found->get_type() : '';
		}

		public static function is_order( $order_id, $types = array( 'shop_order' ) ): bool {
			return in_array( self::get_order_type( $order_id ), (array) $types, true );
		}
	}
}
