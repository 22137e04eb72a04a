<?php
/**
 * Stands where wp-config.php expects WordPress, so that the health check learns the database's constants and nothing is loaded.
 *
 * @package Farshore
 */
