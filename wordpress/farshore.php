<?php
/**
 * Plugin Name: Farshore
 * Description: Keeps this shop from selling in two regions at once, and its orders from being lost.
 * Version: 0.1.0
 * Requires at least: 6.1
 * Requires PHP: 8.1
 * License: Apache-2.0
 *
 * The must-use plugin: wp-content/mu-plugins/farshore.php is a link to this file. The door has been passed by now
 * (config.php, from wp-config.php); here is what needs WordPress.
 *
 * @package Farshore
 */

declare( strict_types=1 );

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

( static function (): void {
	$state = class_exists( 'Farshore_State', false ) ? Farshore_State::current() : null;
	if ( null === $state ) {
		error_log( 'farshore: wp-config.php does not require config.php; put it before the database constants' ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
		wp_die( 'This shop is being set up.', '', array( 'response' => 503 ) );
	}
	$part = static function ( string $name ): void {
		require_once __DIR__ . '/farshore/class-farshore-' . $name . '.php';
	};
	array_map( $part, array( 'sql', 'gate', 'leftovers', 'background' ) );
	$gate = new Farshore_Gate( $state );
	$gate->close();
	( new Farshore_Background( $state ) )->guard();

	$admits = $state->admits();
	if ( ! $admits ) {
		$part( 'browse' );
		( new Farshore_Browse( $state ) )->begin();
	}

	$request  = $state->request;
	$writes   = null === $request || $request->writes();
	$policy   = $state->settings->journal();
	$journals = 'off' !== $policy && $state->is_writer();
	if ( $admits && ! $writes && ! $journals ) {
		return; // A page that is only read needs no more.
	}
	array_map( $part, array( 'output-guard', 'order-check', 'last-look' ) );
	$guard = null;
	if ( null !== $request && Farshore_Request::CRON !== $request->kind && ( $writes || ! $admits ) ) {
		$guard = new Farshore_Output_Guard( $state, $request, $gate );
		$guard->begin();
	}
	$check  = new Farshore_Order_Check();
	$points = null;
	if ( $journals ) {
		array_map( $part, array( 'order-entry', 'journal', 'journal-points', 'stock-mark' ) );
		( new Farshore_Stock_Mark() )->watch();
		$points = new Farshore_Journal_Points( new Farshore_Journal( $state->settings, $state->endpoint->epoch ), $check, $policy );
		$points->watch();
	}
	( new Farshore_Last_Look( $state, $gate, $check, $guard, $points ) )->watch();
} )();
