<?php
/**
 * An order of a customer: addresses, payment, notes.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** An order of a customer. */
class WC_Order extends WC_Abstract_Order {
	/** What an address holds; shipping has no e-mail. */
	public const ADDRESS = array( 'first_name', 'last_name', 'company', 'address_1', 'address_2', 'city', 'state', 'postcode', 'country', 'email', 'phone' );

	public function __construct( $order = 0 ) {
		$this->data += array( 'customer_id' => 0, 'order_key' => '', 'payment_method' => '', 'payment_method_title' => '', 'transaction_id' => '', 'customer_ip_address' => '', 'customer_user_agent' => '', 'created_via' => '', 'customer_note' => '', 'date_completed' => null, 'date_paid' => null, 'cart_hash' => '', 'order_stock_reduced' => false, 'download_permissions_granted' => false, 'new_order_email_sent' => false, 'recorded_sales' => false, 'recorded_coupon_usage_counts' => false );
		foreach ( self::ADDRESS as $field ) {
			$this->data[ "billing_$field" ] = '';
			if ( 'email' !== $field ) {
				$this->data[ "shipping_$field" ] = '';
			}
		}
		parent::__construct( $order );
	}

	public function save() {
		parent::save();
		$this->status_transition();
		return $this->id;
	}

	public function set_status( $new_status, $note = '', $manual_update = false ) {
		$result = parent::set_status( $new_status, $note, $manual_update );
		if ( ! empty( $result['from'] ) && $result['from'] !== $result['to'] ) {
			$this->status_transition = array(
				'from'   => ! empty( $this->status_transition['from'] ) ? $this->status_transition['from'] : $result['from'],
				'to'     => $result['to'],
				'note'   => $note,
				'manual' => (bool) $manual_update,
			);
			// Cash on delivery is paid when it is delivered.
			$paid = 'cod' === $this->get_payment_method( 'edit' ) ? array( 'completed' ) : array( 'processing', 'completed' );
			if ( $this->has_status( $paid ) && ! $this->get_date_paid( 'edit' ) ) {
				$this->set_date_paid( time() );
			}
			if ( 'completed' === $result['to'] && ! $this->get_date_completed( 'edit' ) ) {
				$this->set_date_completed( time() );
			}
		}
		return $result;
	}

	protected function status_transition() {
		$change                  = $this->status_transition;
		$this->status_transition = false;
		if ( ! $change ) {
			return;
		}
		try {
			do_action( 'woocommerce_order_status_' . $change['to'], $this->id, $this, $change );
			do_action( 'woocommerce_order_status_' . $change['from'] . '_to_' . $change['to'], $this->id, $this );
			$this->add_order_note( trim( "{$change['note']} Order status changed from {$change['from']} to {$change['to']}." ) );
			do_action( 'woocommerce_order_status_changed', $this->id, $change['from'], $change['to'], $this );
			if ( in_array( $change['from'], array( 'pending', 'failed' ), true ) && in_array( $change['to'], wc_get_is_paid_statuses(), true ) ) {
				do_action( 'woocommerce_order_payment_status_changed', $this->id, $this );
			}
		} catch ( Exception $e ) {
			// As the real one: the status has changed, whatever went wrong behind it.
			wc_get_logger()->error( "Status transition of order #{$this->id} errored!", array( 'error' => $e ) );
			$this->add_order_note( 'Error during status transition. ' . $e->getMessage() );
		}
	}

	public function payment_complete( $transaction_id = '' ) {
		if ( ! $this->id ) {
			return false;
		}
		try {
			do_action( 'woocommerce_pre_payment_complete', $this->id, $transaction_id );
			if ( WC()->session ) {
				WC()->session->set( 'order_awaiting_payment', false );
			}
			if ( ! $this->has_status( apply_filters( 'woocommerce_valid_order_statuses_for_payment_complete', array( 'on-hold', 'pending', 'failed', 'cancelled' ), $this ) ) ) {
				do_action( 'woocommerce_payment_complete_order_status_' . $this->get_status(), $this->id, $transaction_id );
				return true;
			}
			if ( '' !== (string) $transaction_id ) {
				$this->set_transaction_id( $transaction_id );
			}
			if ( ! $this->get_date_paid( 'edit' ) ) {
				$this->set_date_paid( time() );
			}
			$this->set_status( apply_filters( 'woocommerce_payment_complete_order_status', 'processing', $this->id, $this ) );
			$this->save();
			do_action( 'woocommerce_payment_complete', $this->id, $transaction_id );
		} catch ( Exception $e ) {
			wc_get_logger()->error( "Error completing payment for order #{$this->id}", array( 'error' => $e ) );
			$this->add_order_note( 'Payment complete event failed. ' . $e->getMessage() );
			return false;
		}
		return true;
	}

	public function add_order_note( $note, $is_customer_note = 0, $added_by_user = false ) {
		if ( ! $this->id ) {
			return 0;
		}
		$comment = array(
			'comment_post_ID'      => $this->id,
			'comment_author'       => 'WooCommerce',
			'comment_author_email' => 'woocommerce@noreply.com',
			'comment_author_url'   => '',
			'comment_content'      => $note,
			'comment_agent'        => 'WooCommerce',
			'comment_type'         => 'order_note',
			'comment_parent'       => 0,
			'comment_approved'     => 1,
		);
		$id      = wp_insert_comment( apply_filters( 'woocommerce_new_order_note_data', $comment, array( 'order_id' => $this->id, 'is_customer_note' => $is_customer_note ) ) );
		if ( $id && $is_customer_note ) {
			add_comment_meta( $id, 'is_customer_note', 1 );
			do_action( 'woocommerce_new_customer_note', array( 'order_id' => $this->id, 'customer_note' => $note ) );
		}
		do_action( 'woocommerce_order_note_added', $id, $this );
		return $id;
	}

	public function get_address( $type = 'billing' ) {
		$address = array();
		foreach ( self::ADDRESS as $field ) {
			if ( array_key_exists( "{$type}_$field", $this->data ) ) {
				$address[ $field ] = $this->get_prop( "{$type}_$field", 'edit' );
			}
		}
		return $address;
	}

	public function set_address( $address, $type = 'billing' ) {
		foreach ( $address as $field => $value ) {
			if ( array_key_exists( "{$type}_$field", $this->data ) ) {
				$this->{"set_{$type}_$field"}( $value );
			}
		}
	}

	public function set_billing( $address ) {
		$this->set_address( $address, 'billing' );
	}

	public function set_shipping( $address ) {
		$this->set_address( $address, 'shipping' );
	}

	public function set_payment_method( $payment_method = '' ) {
		if ( is_object( $payment_method ) ) {
			$this->set_prop( 'payment_method', $payment_method->id );
			$this->set_prop( 'payment_method_title', $payment_method->get_title() );
		} else {
			$this->set_prop( 'payment_method', $payment_method );
		}
	}

	public function get_order_number() {
		return (string) apply_filters( 'woocommerce_order_number', $this->id, $this );
	}

	public function get_user_id( $context = 'view' ) {
		return $this->get_customer_id( $context );
	}

	public function get_formatted_billing_full_name() {
		return trim( $this->get_billing_first_name() . ' ' . $this->get_billing_last_name() );
	}

	public function is_paid() {
		return $this->has_status( wc_get_is_paid_statuses() );
	}

	public function needs_payment() {
		return (bool) apply_filters( 'woocommerce_order_needs_payment', $this->has_status( array( 'pending', 'failed', 'checkout-draft' ) ) && $this->get_total() > 0, $this, array( 'pending', 'failed' ) );
	}

	public function needs_processing() {
		return true;
	}

	public function has_downloadable_item() {
		return false;
	}

	public function is_created_via( $modus ) {
		return $modus === $this->get_created_via();
	}

	public function has_cart_hash( $cart_hash = '' ) {
		return hash_equals( (string) $this->get_cart_hash(), (string) $cart_hash );
	}

	public function key_is_valid( $key ) {
		return hash_equals( (string) $this->get_order_key(), (string) $key );
	}

	public function get_checkout_payment_url( $on_checkout = false ) {
		return add_query_arg( array( 'pay_for_order' => 'true', 'key' => $this->get_order_key() ), wc_get_endpoint_url( 'order-pay', (string) $this->id, wc_get_checkout_url() ) );
	}

	public function get_checkout_order_received_url() {
		$url = add_query_arg( 'key', $this->get_order_key(), wc_get_endpoint_url( 'order-received', (string) $this->id, wc_get_checkout_url() ) );
		return apply_filters( 'woocommerce_get_checkout_order_received_url', $url, $this );
	}

	public function get_refunds() {
		return wc_get_orders( array( 'type' => 'shop_order_refund', 'parent' => $this->id, 'limit' => -1 ) );
	}

	public function get_total_refunded() {
		return array_sum( array_map( fn ( $refund ) => (float) $refund->get_amount(), $this->get_refunds() ) );
	}

	public function get_remaining_refund_amount() {
		return wc_format_decimal( (float) $this->get_total() - $this->get_total_refunded() );
	}
}

/** Money that goes back. */
class WC_Order_Refund extends WC_Abstract_Order {
	/** @var string */
	protected $object_type = 'order_refund';

	public function __construct( $refund = 0 ) {
		$this->data          += array( 'amount' => '', 'reason' => '', 'refunded_by' => 0, 'refunded_payment' => false );
		$this->data['status'] = 'completed';
		parent::__construct( $refund );
	}

	public function get_type() {
		return 'shop_order_refund';
	}
}
