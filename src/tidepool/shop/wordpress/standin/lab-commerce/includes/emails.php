<?php
/**
 * E-mails: two for a new order, with the filters that silence them. Without a mail server they fail fast and nobody minds.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** One kind of e-mail. */
class WC_Email {
	/** @var string */
	public $id;
	/** @var string */
	public $title;

	public function __construct( string $id, string $title ) {
		$this->id    = $id;
		$this->title = $title;
	}

	public function is_enabled() {
		return (bool) apply_filters( 'woocommerce_email_enabled_' . $this->id, true, null, $this );
	}

	public function trigger( $order_id, $order = false ) {
		$order = $order instanceof WC_Order ? $order : wc_get_order( $order_id );
		if ( ! $order || ! apply_filters( 'woocommerce_email_enabled_' . $this->id, true, $order, $this ) ) {
			return;
		}
		$to     = 'new_order' === $this->id ? get_option( 'admin_email' ) : $order->get_billing_email();
		$return = wp_mail( $to, $this->title . ' #' . $order->get_order_number(), $this->title . ': ' . $order->get_total() );
		do_action( 'woocommerce_email_sent', $return, $this->id, $this );
	}
}

/** All kinds of e-mail. */
class WC_Emails {
	/** @var WC_Email[] */
	public $emails;

	public function __construct() {
		$this->emails = array(
			'WC_Email_New_Order'                 => new WC_Email( 'new_order', 'New order' ),
			'WC_Email_Customer_Processing_Order' => new WC_Email( 'customer_processing_order', 'Your order' ),
		);
	}

	public function get_emails() {
		return $this->emails;
	}
}

function lab_commerce_email_hooks(): void {
	foreach ( array( 'processing', 'completed', 'on-hold' ) as $status ) {
		add_action( "woocommerce_order_status_pending_to_$status", 'lab_send_order_emails', 10, 2 );
	}
}

function lab_send_order_emails( $order_id, $order ): void {
	foreach ( WC()->mailer()->get_emails() as $email ) {
		if ( 'new_order' === $email->id && $order->get_new_order_email_sent( 'edit' ) ) {
			continue;
		}
		$email->trigger( $order_id, $order );
	}
	if ( ! $order->get_new_order_email_sent( 'edit' ) ) {
		$order->set_new_order_email_sent( true );
		$order->save();
	}
}
