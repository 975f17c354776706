#!/usr/bin/perl
# Perl's Authen::SASL behind pipes. Requests: one letter, four octets of length, a body; answers likewise, with + or -
# for the letter. N: new context from lines key=value; S: step; W: wrap; U: unwrap.
use strict;
use warnings;
use Authen::SASL qw(Perl);

# Debian has no Crypt::DES3: two-key EDE, from single DES.
package Crypt::DES3;
use Crypt::DES;
BEGIN { $INC{'Crypt/DES3.pm'} = __FILE__; }
sub new { my ($class, $key) = @_; return bless [map { Crypt::DES->new(substr $key, $_, 8) } 0, 8], $class; }
sub encrypt { my ($self, $block) = @_; return $self->[0]->encrypt($self->[1]->decrypt($self->[0]->encrypt($block))); }
sub decrypt { my ($self, $block) = @_; return $self->[0]->decrypt($self->[1]->encrypt($self->[0]->decrypt($block))); }

package main;

my (%setting, $context, $is_client);
my %strength = ('auth' => 0, 'auth-int' => 1, 'rc4-40' => 40, 'des' => 56, 'rc4-56' => 56, '3des' => 112, 'rc4' => 128);

sub start {
    %setting = map { /^([^=]*)=(.*)$/s } split /\n/, shift;
    $is_client = $setting{role} eq 'client';
    my %callback = $is_client
        ? (user => $setting{username}, pass => $setting{password})
        : (getsecret => sub { my ($self, $who, $answer) = @_; $answer->($setting{password}) });
    $callback{realm} = $setting{realm} if defined $setting{realm};
    $callback{authname} = $setting{authzid} if $is_client && defined $setting{authzid};
    my $library = Authen::SASL->new(mechanism => 'DIGEST-MD5', callback => \%callback);
    if ($is_client) {
        $context = $library->client_new($setting{service}, $setting{host});
        my $layer = defined $setting{cipher} ? $setting{cipher} : $setting{qop};
        $context->property($_ => $strength{$layer}) for qw(minssf maxssf);
        $context->client_start;
    }
    else {
        $context = $library->server_new($setting{service}, $setting{host}, {no_integrity => 1});
    }
    return '';
}

# One octet, whether complete, then the token.
sub step {
    my $token = shift;
    my $out = '';
    if ($is_client) { $out = $context->client_step($token) if length $token; }
    elsif (!defined $context->{nonce}) { $context->server_start($token, sub { $out = shift }); }
    else { $context->server_step($token, sub { $out = shift }); }
    die $context->error . "\n" if $context->error;
    return chr($context->need_step ? 0 : 1) . (defined $out ? $out : '');
}

sub unwrap {
    my $record = shift;
    my $message = $context->decode($record, length $record);
    die "the record is wrong\n" unless defined $message;
    return $message;
}

my %call = (N => \&start, S => \&step, W => sub { $context->encode($_[0]) }, U => \&unwrap);

binmode $_ for *STDIN, *STDOUT;
$| = 1;
while (5 == read STDIN, my $head, 5) {
    my ($letter, $length) = unpack 'a N', $head;
    my $body = '';
    read STDIN, $body, $length if $length;
    my $answer = eval { $call{$letter}->($body) };
    my $mark = $@ ? '-' : '+';
    $answer = $@ if $@;
    print $mark, pack('N', length $answer), $answer;
}
