<?php
/**
 * The classic checkout: a form that is posted to ?wc-ajax=checkout, and the page where an order is paid later.
 *
 * Hooks, their order, and which exceptions reach the customer are those of the real one.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Turns a cart and a form into an order. */
class WC_Checkout {
	private const EXPIRED = 'Sorry, your session has expired.';

	public function process_checkout() {
		try {
			$nonce = wc_clean( wp_unslash( $_REQUEST['woocommerce-process-checkout-nonce'] ?? $_REQUEST['_wpnonce'] ?? '' ) ); // phpcs:ignore WordPress.Security
			if ( ! $nonce || ! wp_verify_nonce( $nonce, 'woocommerce-process_checkout' ) ) {
				throw new Exception( WC()->cart->is_empty() ? self::EXPIRED : 'We were unable to process your order, please try again.' );
			}
			wc_maybe_define_constant( 'WOOCOMMERCE_CHECKOUT', true );
			do_action( 'woocommerce_before_checkout_process' );
			if ( WC()->cart->is_empty() ) {
				throw new Exception( self::EXPIRED );
			}
			do_action( 'woocommerce_checkout_process' );
			$data   = $this->get_posted_data();
			$errors = new WP_Error();
			$this->validate( $data, $errors );
			foreach ( $errors->get_error_messages() as $message ) {
				wc_add_notice( $message, 'error' );
			}
			if ( 0 === wc_notice_count( 'error' ) ) {
				$this->place_order( $data );
			}
		} catch ( Exception $e ) {
			wc_add_notice( $e->getMessage(), 'error' );
		}
		wp_send_json( array( 'result' => 'failure', 'messages' => wc_print_notices( true ), 'refresh' => false, 'reload' => false ) );
	}

	private function place_order( array $data ): void {
		$this->update_session( $data );
		$order_id = $this->create_order( $data );
		if ( is_wp_error( $order_id ) ) {
			throw new Exception( $order_id->get_error_message() );
		}
		$order = wc_get_order( $order_id );
		if ( ! $order ) {
			throw new Exception( 'Unable to create order.' );
		}
		do_action( 'woocommerce_checkout_order_processed', $order_id, $data, $order );
		if ( apply_filters( 'woocommerce_cart_needs_payment', $order->needs_payment(), WC()->cart ) ) {
			$this->pay( $order_id, $data['payment_method'] );
		} else {
			$order->payment_complete();
			wc_empty_cart();
			wp_send_json( array( 'result' => 'success', 'redirect' => apply_filters( 'woocommerce_checkout_no_payment_needed_redirect', $order->get_checkout_order_received_url(), $order ) ) );
		}
	}

	private function pay( int $order_id, string $method ): void {
		$gateways = WC()->payment_gateways()->get_available_payment_gateways();
		if ( ! isset( $gateways[ $method ] ) ) {
			return;
		}
		WC()->session->set( 'order_awaiting_payment', $order_id );
		WC()->session->save_data(); // Before the gateway is asked: who sends it again after a crash finds this order.
		$result = $gateways[ $method ]->process_payment( $order_id );
		if ( 'success' === ( $result['result'] ?? '' ) ) {
			$result['order_id'] = $order_id;
			wp_send_json( apply_filters( 'woocommerce_payment_successful_result', $result, $order_id ) );
		}
	}

	public function get_posted_data() {
		$data = array( 'terms' => 0, 'payment_method' => wc_clean( wp_unslash( $_POST['payment_method'] ?? '' ) ), 'ship_to_different_address' => ! empty( $_POST['ship_to_different_address'] ), 'order_comments' => sanitize_textarea_field( wp_unslash( $_POST['order_comments'] ?? '' ) ) ); // phpcs:ignore WordPress.Security
		foreach ( array( 'billing', 'shipping' ) as $type ) {
			foreach ( WC_Order::ADDRESS as $field ) {
				$posted                    = wc_clean( wp_unslash( $_POST[ "{$type}_$field" ] ?? '' ) ); // phpcs:ignore WordPress.Security
				$data[ "{$type}_$field" ] = 'shipping' === $type && ! $data['ship_to_different_address'] && 'email' !== $field ? $data[ "billing_$field" ] : $posted;
			}
		}
		return apply_filters( 'woocommerce_checkout_posted_data', $data );
	}

	private function validate( array $data, WP_Error $errors ): void {
		foreach ( array( 'first_name' => 'First name', 'last_name' => 'Last name', 'country' => 'Country', 'address_1' => 'Street address', 'city' => 'Town', 'email' => 'Email address' ) as $field => $label ) {
			if ( '' === $data[ "billing_$field" ] ) {
				$errors->add( "billing_{$field}_required", "<strong>Billing $label</strong> is a required field." );
			}
		}
		if ( $data['billing_email'] && ! is_email( $data['billing_email'] ) ) {
			$errors->add( 'billing_email_validation', '<strong>Billing Email address</strong> is not a valid email address.' );
		}
		if ( WC()->cart->needs_payment() && ! isset( WC()->payment_gateways()->get_available_payment_gateways()[ $data['payment_method'] ] ) ) {
			$errors->add( 'payment', 'Invalid payment method.' );
		}
		do_action( 'woocommerce_after_checkout_validation', $data, $errors );
	}

	private function update_session( array $data ): void {
		foreach ( array( 'billing', 'shipping' ) as $type ) {
			$address = array();
			foreach ( WC_Order::ADDRESS as $field ) {
				$address[ $field ] = $data[ "{$type}_$field" ];
			}
			WC()->customer->set_address( $type, $address );
		}
		WC()->customer->save();
		WC()->session->set( 'chosen_payment_method', $data['payment_method'] );
	}

	/** The order's id, or what went wrong. An order that the same cart has begun is taken up again. */
	public function create_order( $data ) {
		$order_id = apply_filters( 'woocommerce_create_order', null, $this );
		if ( $order_id ) {
			return $order_id;
		}
		$order = null;
		try {
			$hash  = WC()->cart->get_cart_hash();
			$begun = absint( WC()->session->get( 'order_awaiting_payment' ) );
			$order = $begun ? wc_get_order( $begun ) : null;
			if ( $order && $order->has_cart_hash( $hash ) && $order->has_status( array( 'pending', 'failed' ) ) ) {
				do_action( 'woocommerce_resume_order', $begun );
				$order->remove_order_items();
			} else {
				$order = new WC_Order();
			}
			$this->describe( $order, $data, $hash );
			WC()->cart->fill( $order );
			do_action( 'woocommerce_checkout_create_order', $order, $data );
			$order_id = $order->save();
			do_action( 'woocommerce_checkout_update_order_meta', $order_id, $data );
			do_action( 'woocommerce_checkout_order_created', $order );
			return $order_id;
		} catch ( Exception $e ) {
			if ( $order instanceof WC_Order ) {
				do_action( 'woocommerce_checkout_order_exception', $order );
			}
			return new WP_Error( 'checkout-error', $e->getMessage() );
		}
	}

	private function describe( WC_Order $order, array $data, string $hash ): void {
		foreach ( array( 'billing', 'shipping' ) as $type ) {
			foreach ( WC_Order::ADDRESS as $field ) {
				if ( 'billing' === $type || 'email' !== $field ) {
					$order->{"set_{$type}_$field"}( $data[ "{$type}_$field" ] );
				}
			}
		}
		lab_describe_order( $order, 'checkout', $hash );
		$order->set_customer_note( $data['order_comments'] );
		$gateways = WC()->payment_gateways()->get_available_payment_gateways();
		$order->set_payment_method( $gateways[ $data['payment_method'] ] ?? $data['payment_method'] );
	}
}

/** What both checkouts note of where an order came from. */
function lab_describe_order( WC_Order $order, string $via, string $hash ): void {
	$order->set_created_via( $via );
	$order->set_cart_hash( $hash );
	$order->set_customer_id( apply_filters( 'woocommerce_checkout_customer_id', get_current_user_id() ) );
	$order->set_currency( get_woocommerce_currency() );
	$order->set_customer_ip_address( sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_REAL_IP'] ?? trim( explode( ',', (string) ( $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '' ) )[0] ) ) ) ); // phpcs:ignore WordPress.Security
	$order->set_customer_user_agent( sanitize_text_field( wp_unslash( $_SERVER['HTTP_USER_AGENT'] ?? '' ) ) );
}

/** The page where an order that exists is paid. */
function lab_pay_action(): void {
	global $wp;
	$order_id = absint( $wp->query_vars['order-pay'] ?? 0 );
	if ( ! isset( $_POST['woocommerce_pay'] ) || ! $order_id || ! wp_verify_nonce( wc_clean( wp_unslash( $_REQUEST['woocommerce-pay-nonce'] ?? '' ) ), 'woocommerce-pay' ) ) { // phpcs:ignore WordPress.Security
		return;
	}
	$order = wc_get_order( $order_id );
	if ( ! $order || ! $order->key_is_valid( wc_clean( wp_unslash( $_GET['key'] ?? '' ) ) ) || ! $order->needs_payment() ) { // phpcs:ignore WordPress.Security
		return;
	}
	do_action( 'woocommerce_before_pay_action', $order );
	$gateways = WC()->payment_gateways()->get_available_payment_gateways();
	$method   = wc_clean( wp_unslash( $_POST['payment_method'] ?? '' ) ); // phpcs:ignore WordPress.Security
	if ( ! isset( $gateways[ $method ] ) ) {
		wc_add_notice( 'Invalid payment method.', 'error' );
		return;
	}
	try {
		$order->set_payment_method( $gateways[ $method ] );
		$order->save();
		$result = $gateways[ $method ]->process_payment( $order_id );
		if ( 'success' === ( $result['result'] ?? '' ) ) {
			$result['order_id'] = $order_id;
			$result             = apply_filters( 'woocommerce_payment_successful_result', $result, $order_id );
			wp_redirect( $result['redirect'] ); // phpcs:ignore WordPress.Security.SafeRedirect
			exit;
		}
	} catch ( Exception $e ) {
		wc_add_notice( $e->getMessage(), 'error' );
	}
	do_action( 'woocommerce_after_pay_action', $order );
}
