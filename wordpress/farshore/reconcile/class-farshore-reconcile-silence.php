<?php
/**
 * Keeps the shop quiet while orders are put right: customers were thanked once, or will be told by a person.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** No mail, no webhook, no text message that goes by mail. */
final class Farshore_Reconcile_Silence {

	/** From here to the end of the process. */
	public static function begin(): void {
		add_filter( 'pre_wp_mail', '__return_false', PHP_INT_MAX );
		add_filter( 'woocommerce_webhook_should_deliver', '__return_false', PHP_INT_MAX );
		add_filter( 'woocommerce_allow_send_queued_transactional_email', '__return_false', PHP_INT_MAX );
		add_filter( 'action_scheduler_allow_async_request_runner', '__return_false', PHP_INT_MAX );
		add_action( 'woocommerce_email', array( self::class, 'mailers' ), PHP_INT_MAX );
		if ( function_exists( 'WC' ) && is_callable( array( WC(), 'mailer' ) ) ) {
			self::mailers( WC()->mailer() );
		}
	}

	/**
	 * Switches each kind of mail off, for this process.
	 *
	 * @param mixed $mailer WooCommerce's mailer.
	 */
	public static function mailers( $mailer ): void {
		if ( ! is_object( $mailer ) || ! is_callable( array( $mailer, 'get_emails' ) ) ) {
			return;
		}
		foreach ( $mailer->get_emails() as $email ) {
			if ( is_object( $email ) && isset( $email->id ) ) {
				add_filter( 'woocommerce_email_enabled_' . $email->id, '__return_false', PHP_INT_MAX );
			}
		}
	}
}
