<?php
/**
 * What people are told. Each can be put in the shop's own language: `sentences` in /etc/farshore/wordpress.json.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One sentence for each occasion. */
final class Farshore_Sentences {

	const USUAL = array(
		'closed'     => 'The checkout is closed for a moment. Browsing works, and your cart is kept; please try again.',
		'write'      => 'Nothing can be changed for a moment. Browsing works, and your cart is kept; please try again.',
		'login'      => 'Nobody can log in for a moment. Browsing works; please try again.',
		'admin'      => 'The shop is read-only for a moment, and your change was not saved. Keep this page open and try again.',
		'webhook'    => 'Not now; please send it again.',
		'notice'     => 'Browsing only for a moment: the checkout opens again shortly. Your cart is kept.',
		'refused'    => 'The shop closed while your order was being written. Nothing was charged, and your cart is kept; please try again.',
		'confirming' => 'Your order is being confirmed. Please do not order again: the shop has a note of it and will contact you.',
		'unsaved'    => 'The shop closed while this was being saved. It may be missing; please look, and try again.',
		'unready'    => 'This server has not been told which database to use; please try again.',
		'back'       => 'Back to the shop',
		'title'      => 'One moment, please',
		'reopens'    => 'It opens again at about %s.',
	);

	/**
	 * The sentence for an occasion.
	 *
	 * @param string                 $key      One of the keys above.
	 * @param Farshore_Settings|null $settings Where a translation may be.
	 */
	public static function say( string $key, ?Farshore_Settings $settings ): string {
		return null === $settings ? self::USUAL[ $key ] : $settings->sentence( $key, self::USUAL[ $key ] );
	}
}
