<?php
// The shapes of an answer.
declare(strict_types=1);

function json_answer(int $status, array $body): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
}

function not_found(): void
{
    json_answer(404, ['error' => 'There is no such page.']);
}

function refuse(string $why): void
{
    json_answer(400, ['error' => $why]);
}
