"""The one table of data sets: where each lies below a data root, what proves it whole, and where it comes from.

Who reads or decodes a set keeps that in a module of its own, by the set's name. Nothing here imports more than the
standard library, for planning reads this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class DataSet:
    """One set of data.

    `place`: its file or folder below a data root; empty if it is bundled with a package or made up, always at hand.
    `proofs`: what is read -> `md5:…`, `sha256:…`, `lines:…` (their number, where no checksum was published) or
    `values:…` (numbers after a word of a file of vectors). What is read is a file in `place`, that file, or TEXTS.
    `addresses`, in the order in which they are tried: of an archive, of the file itself, or with `{name}` (`{stem}`:
    without its ending) of each file in `proofs`; one that ends in .gz or .zip is unpacked. `bytes`: of the download.
    `by_hand`: how to come by it otherwise, for people.
    """

    name: str
    place: str
    proofs: Mapping[str, str]
    addresses: tuple[str, ...]
    bytes: int
    licence: str
    by_hand: str

    def urls(self, address: str) -> dict[str, str]:
        """What is fetched from one of the addresses: URL -> the file that it becomes, "" where it is of all."""
        if "{" not in address:
            return {address: ""}
        return {address.format(name=name, stem=PurePosixPath(name).stem): name for name in self.proofs}


def pinned(name: str) -> str:
    """The checksum of a set that has a single one."""
    [proof] = SETS[name].proofs.values()
    return proof.partition(":")[2]


TEXTS = "labels and texts"  # in official order, each ending with a zero byte
_GITHUB, _CDN = "https://raw.githubusercontent.com", "https://cdn.jsdelivr.net/gh"  # the latter serves GitHub's files
_PADDLE = "https://dataset.bj.bcebos.com"  # PaddlePaddle's copies; its loaders pin the same checksums as torchvision's
_WIKITEXT = f"{_GITHUB}/pytorch/examples/cf16e27b7b0a04a1b62971acb014f2adf80c6c56/word_language_model/data/wikitext-2"
_MULTI30K = "c60773c2a3db82db0e05655b3d01cf391e810800/data/task1/raw/{name}.gz"
_SENTENCES = "22aa2b9bc7380c70ca379dcf6f40d59b8bc3b2eb/financial_data.xls"
_TWEETS = "a4ef91c1633abf12fc9d3e83ea04bc965d05bf27/stock_sentiment.csv"
_UNSTATED = "none stated; its authors ask to be cited"


def _md5(**sums: str) -> dict[str, str]:
    return {name: f"md5:{value}" for name, value in sums.items()}


def _idx(*sums: str) -> dict[str, str]:
    """The official sums are those of the .gz files; these are of what they unpack to."""
    names = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    return {name: f"md5:{value}" for name, value in zip(names, sums, strict=True)}


def _glove(archive: str, size: int, *dimensions: int) -> list[DataSet]:
    """Vectors of one of Stanford's archives. No checksum is published."""
    mirrors = ("https://huggingface.co/stanfordnlp/glove/resolve/main", "https://nlp.stanford.edu/data/wordvecs")
    return [DataSet(name := f"glove.{archive.removesuffix('.300d')}.{values}d.txt", f"glove/{name}",
                    {name: f"values:{values}"}, tuple(f"{mirror}/glove.{archive}.zip" for mirror in mirrors), size,
                    "Public Domain Dedication and License 1.0",
                    f"Take {name} out of glove.{archive}.zip from https://nlp.stanford.edu/projects/glove/")
            for values in dimensions]


_ALL = [
    DataSet("mnist", "MNIST/raw", _idx(
        "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
        ("https://ossci-datasets.s3.amazonaws.com/mnist/{name}.gz",
         "https://storage.googleapis.com/cvdf-datasets/mnist/{name}.gz", f"{_PADDLE}/mnist/{{name}}.gz"),
        11_594_722, "CC BY-SA 3.0", "Unpack the four .gz files that any copy of MNIST has"),
    DataSet("fashion_mnist", "FashionMNIST/raw", _idx(
        "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965"),
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}.gz",
         f"{_GITHUB}/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/{{name}}.gz",
         f"{_PADDLE}/fashion_mnist/{{name}}.gz"),
        30_878_645, "MIT", "Unpack the four .gz files of https://github.com/zalandoresearch/fashion-mnist"),
    DataSet("cifar10", "cifar-10-batches-py", _md5(
        data_batch_1="c99cafc152244af753f735de768cd75f", data_batch_2="d4bba439e000b95fd0a9bffe97cbabec",
        data_batch_3="54ebc095f3ab1f0389bbae665268c751", data_batch_4="634d18415352ddfa80567beed471001a",
        data_batch_5="482c414d41f54cd18b22e5b47cb7c3cb", test_batch="40351d587109b95175f43aff81a1287e"),
        ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", f"{_PADDLE}/cifar/cifar-10-python.tar.gz"),
        170_498_071, _UNSTATED,
        "Unpack cifar-10-python.tar.gz (MD5 c58f30108f718f92721af3b95e74349a) from https://www.cs.toronto.edu/~kriz/"),
    DataSet("digits", "", {"digits.csv.gz": "md5:9b335364a7bfd63947c7480a5bd51f2d"}, (), 0, "CC BY 4.0",
            "Install scikit-learn anew, in the version that requirements.lock pins"),
    DataSet("imdb", "imdb", {TEXTS: "sha256:b30ebde570f86b34d2e4a4c44caf32605b4964d47f527391c5a0dbfe94090140"},
            ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
             f"{_PADDLE}/imdb%2FaclImdb_v1.tar.gz"), 84_125_825, _UNSTATED,
            "Unpack aclImdb_v1.tar.gz (MD5 7c2ac02c03563afcf9b574c7e56c153a) from "
            "https://ai.stanford.edu/~amaas/data/sentiment/ so that imdb/ has aclImdb/ in it"),
    # FiQA and the Financial PhraseBank in one file, mostly sentences of news.
    DataSet("financial_sentiment", "financial_tweets/financial_sentiment.csv", {
        "financial_sentiment.csv": "sha256:3d86ea04e694471479b7473a84c005a5456491ddfdc43ce5340cb2ae1b6c6b05"},
        (f"{_GITHUB}/shreee-yaaa/Financial-Sentiment-Analysis/{_SENTENCES}",
         f"{_CDN}/shreee-yaaa/Financial-Sentiment-Analysis@{_SENTENCES}"), 745_117,
        "none stated; the Financial PhraseBank in it is CC BY-NC-SA 3.0",
        "Get the set 'Financial Sentiment Analysis' from kaggle.com (data.csv, renamed)"),
    # Tweets on stocks. The addresses have the labels 1 and 0, and ends of lines that some machine changed.
    DataSet("stock_tweets", "financial_tweets/stock_data.csv", {
        "stock_data.csv": "sha256:2096ebef56aac6203d229eda26500cbe9344a93dc3b1e69eb4477c29c33ae8d0"},
        (f"{_GITHUB}/pingilisravya/stock-tweet-prediction/{_TWEETS}",
         f"{_GITHUB}/weonic/Stocks_Sentiments/e08153913e76139e02fc93d9eaf84cdd7bc8820e/data/stock_sentiment.csv",
         f"{_CDN}/pingilisravya/stock-tweet-prediction@{_TWEETS}"), 483_654, "none stated",
        "Get the set 'Stock-Market Sentiment Dataset' from kaggle.com (its labels are 1 and -1)"),
    DataSet("generated", "", {TEXTS: "sha256:a6a2c206c1e57b561491d302d8e35e07048841e5df68cf998b87740f5b16de4f"}, (), 0,
            "this project's", "Install numpy anew, in the version that requirements.lock pins"),
    # Word-level WikiText-2 v1 (Merity et al. 2016). Its own download has gone; these files are the same to the byte.
    DataSet("wikitext2", "wikitext-2", {
        "train.txt": "sha256:9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
        "valid.txt": "sha256:f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
        "test.txt": "sha256:d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0"},
        (f"{_WIKITEXT}/{{name}}", f"{_GITHUB}/ProFatXuanAll/demo-dataset/4532f32bb07fdca619722d320e97dc16a8eaeb0f/"
                                  "wikitext-2/wiki.{stem}.tokens.zip"), 13_175_278, "CC BY-SA",
        "Rename the files wiki.….tokens of wikitext-2-v1.zip (word level, not raw)"),
    # Multi30K, task 1, English and German (Elliott et al. 2016): 29,000, 1,014 and 1,000 sentences.
    DataSet("multi30k", "multi30k", {
        "train.en": "sha256:460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
        "train.de": "sha256:2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
        "val.en": "sha256:1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
        "val.de": "sha256:660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
        "test_2016_flickr.en": "sha256:399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
        "test_2016_flickr.de": "sha256:4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16"},
        (f"{_GITHUB}/multi30k/dataset/{_MULTI30K}", f"{_CDN}/multi30k/dataset@{_MULTI30K}"), 1_296_271,
        "none stated; for research and education, not for profit (Flickr30K's terms)",
        "Unpack these files of data/task1/raw/ in https://github.com/multi30k/dataset"),
    # WMT'14 as Google prepared it for the original Transformer: Moses tokens, joint byte-pair encoding. That archive
    # has been gone since December 2021. The addresses are those of the organisers' own files, all of which are needed.
    DataSet("wmt14", "wmt14", {
        "train.tok.clean.bpe.32000.en": "md5:b7482095b787264a310d4933d197a134",
        "train.tok.clean.bpe.32000.de": "md5:409064aedaef5b7c458ff19a7beda462",
        "newstest2013.tok.bpe.32000.en": "lines:3000", "newstest2013.tok.bpe.32000.de": "lines:3000",
        "newstest2014.tok.bpe.32000.en": "lines:3003", "newstest2014.tok.bpe.32000.de": "lines:3003",
        "newstest2014.tok.de": "lines:3003", "newstest2014.de": "lines:3003"},
        ("https://www.statmt.org/europarl/v7/de-en.tgz",
         "https://www.statmt.org/wmt13/training-parallel-commoncrawl.tgz",
         "https://www.statmt.org/wmt14/training-parallel-nc-v9.tgz", "https://www.statmt.org/wmt14/dev.tgz",
         "https://www.statmt.org/wmt14/test-full.tgz"), 1_200_000_000, "for research, by the organisers' terms",
        "Unpack Google's archive wmt16_en_de.tar.gz (MD5 874ab6bbfe9c21ec987ed1b9347f95ec), if you have a copy"),
    *_glove("6B", 862_182_613, 50, 100, 200, 300), *_glove("42B.300d", 1_877_800_501, 300),
    *_glove("840B.300d", 2_176_768_927, 300), *_glove("twitter.27B", 1_520_408_563, 25, 50, 100, 200),
]
SETS: dict[str, DataSet] = {entry.name: entry for entry in _ALL}
