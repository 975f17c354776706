# Perl's LWP on visits to the site. usage: perl lwp.pl VISITS, a JSON list.
use strict;
use warnings;
use HTTP::Request;
use JSON::PP;
use LWP::UserAgent;

for my $visit (@{ decode_json($ARGV[0]) }) {
    my $agent = LWP::UserAgent->new(timeout => 20, keep_alive => 1);
    my ($host) = $visit->{site} =~ m{//(.*)};
    $agent->credentials($host, $visit->{area}, $visit->{user}, $visit->{password});
    $agent->get($visit->{url} . $_) for @{ $visit->{gets} };
    next if $visit->{put} eq '';
    open my $file, '<:raw', $visit->{body} or die;
    my $body = do { local $/; <$file> };
    $agent->request(HTTP::Request->new(PUT => $visit->{url} . $visit->{put}, undef, $body));
}
